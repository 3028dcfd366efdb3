package report

import (
	"bytes"
	"os"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

var (
	kindTerm        = ast.StringTerm("kind")
	itemsTerm       = ast.StringTerm("items")
	pullSecretsTerm = ast.StringTerm("imagePullSecrets")
	serviceAccount  = ast.StringTerm("ServiceAccount")
)

// accounts are the ServiceAccounts with pull secrets in files. The Pods that use them may stand in any other file, so they
// are read before anything is checked. What cannot be read is reported when its turn comes; "-" is not a file here.
func accounts(reader manifest.Reader, files []string) []ast.Value {
	var found []ast.Value
	for _, file := range files {
		// What is not a regular file can be read once only.
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(text, []byte("ServiceAccount")) || !bytes.Contains(text, []byte("imagePullSecrets")) {
			continue
		}
		documents, _ := reader.Read(file, bytes.NewReader(text))
		found = append(found, accountsIn(documents)...)
	}
	return found
}

func accountsIn(documents []*manifest.Document) []ast.Value {
	var found []ast.Value
	for _, document := range documents {
		found = appendAccounts(found, document.Value)
	}
	return found
}

func appendAccounts(found []ast.Value, value ast.Value) []ast.Value {
	object, ok := value.(ast.Object)
	if !ok {
		return found
	}
	if kind := object.Get(kindTerm); kind != nil && kind.Equal(serviceAccount) && object.Get(pullSecretsTerm) != nil {
		return append(found, object)
	}
	if items := object.Get(itemsTerm); items != nil {
		if list, ok := items.Value.(*ast.Array); ok {
			list.Foreach(func(item *ast.Term) { found = appendAccounts(found, item.Value) })
		}
	}
	return found
}

// beside are reviews of accounts that stand in none of the documents.
func beside(documents []*manifest.Document, accounts []ast.Value) []harness.Review {
	if len(accounts) == 0 {
		return nil
	}
	there := accountsIn(documents)
	var reviews []harness.Review
	for _, account := range accounts {
		if !slices.ContainsFunc(there, func(other ast.Value) bool { return ast.Compare(other, account) == 0 }) {
			reviews = append(reviews, harness.Review{Object: account})
		}
	}
	return reviews
}
