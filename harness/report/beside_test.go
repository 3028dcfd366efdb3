package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// TestBesideAreFew demands that documents are checked with the accounts that they name, however many there are: each batch
// would otherwise cost as much as all of them.
func TestBesideAreFew(t *testing.T) {
	var reader manifest.Reader
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a%d, namespace: n%d}\nimagePullSecrets: [{name: r}]\n---\n", i, i%7)
	}
	all, problems := reader.Read("accounts.yaml", strings.NewReader(text.String()))
	require.Empty(t, problems)
	documents, problems := reader.Read("pod.yaml", strings.NewReader(
		"apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: n3}\nspec: {serviceAccountName: a10}\n---\n"+
			"apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: n4}\nspec: {serviceAccount: a10}\n"))
	require.Empty(t, problems)
	assert.Len(t, beside(documents, accountsIn(all)), 1)
	assert.Empty(t, beside(all, accountsIn(all)), "they are there already")
}
