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
	metadataTerm    = ast.StringTerm("metadata")
	namespaceTerm   = ast.StringTerm("namespace")
	nameTerm        = ast.StringTerm("name")
	pullSecretsTerm = ast.StringTerm("imagePullSecrets")
	accountNameTerm = ast.StringTerm("serviceAccountName")
	accountTerm     = ast.StringTerm("serviceAccount") // the older name of the field
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
	if text(object, kindTerm) == "ServiceAccount" && object.Get(pullSecretsTerm) != nil {
		return append(found, object)
	}
	if items := object.Get(itemsTerm); items != nil {
		if list, ok := items.Value.(*ast.Array); ok {
			list.Foreach(func(item *ast.Term) { found = appendAccounts(found, item.Value) })
		}
	}
	return found
}

// beside are reviews of those accounts that the documents may name, and do not hold. A Pod that names none has the account
// default. The keys are looked for everywhere, so that no kind has to be known here.
func beside(documents []*manifest.Document, accounts []ast.Value) []harness.Review {
	if len(accounts) == 0 {
		return nil
	}
	names, namespaces := map[string]bool{"default": true}, map[string]bool{"": true}
	collect := ast.NewGenericVisitor(func(value any) bool {
		if object, ok := value.(ast.Object); ok {
			names[text(object, accountNameTerm)] = true
			names[text(object, accountTerm)] = true
			namespaces[text(object, namespaceTerm)] = true
		}
		return false
	})
	for _, document := range documents {
		collect.Walk(document.Value)
	}

	there := accountsIn(documents)
	var reviews []harness.Review
	for _, account := range accounts {
		named := names[text(account, metadataTerm, nameTerm)] && namespaces[text(account, metadataTerm, namespaceTerm)]
		if named && !slices.ContainsFunc(there, func(other ast.Value) bool { return ast.Compare(other, account) == 0 }) {
			reviews = append(reviews, harness.Review{Object: account})
		}
	}
	return reviews
}

// text is the string at a path, "" where there is none.
func text(value ast.Value, path ...*ast.Term) string {
	found, err := value.Find(path)
	if err != nil {
		return ""
	}
	text, _ := found.(ast.String)
	return string(text)
}
