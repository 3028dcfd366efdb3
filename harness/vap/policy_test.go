package vap

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

func TestSentence(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		values  map[string]string
		want    string
	}{
		"a placeholder within": {"its {tag} moves", map[string]string{"tag": "f.tag"}, "'its ' + f.tag + ' moves'"},
		"nothing but placeholders": {
			"{who}{how}", map[string]string{"who": "f.who", "how": "(a ? 'b' : 'c')"}, "f.who + (a ? 'b' : 'c')",
		},
		"one that stands twice":            {"{who}, {who}", map[string]string{"who": "w"}, "w + ', ' + w"},
		"no placeholder":                   {"it's wrong", nil, `'it\'s wrong'`},
		"what would end a text, or a line": {"a\\'\n\"", nil, `'a\\\'\n"'`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sentence(c.message, c.values)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestSentenceThatCannotBeFilledIn(t *testing.T) {
	for message, want := range map[string]string{
		"":              "there is none",
		"{who} {where}": "nothing is known for {where}",
		"it moves":      "it has no {who}",
	} {
		_, err := sentence(message, map[string]string{"who": "f.who"})
		require.EqualError(t, err, want)
	}
}

func TestFindingThatIsNone(t *testing.T) {
	read := &facts{Rules: []harness.Rule{{ID: "tag-mutable", Message: "{who} has {tag}"}}}
	for name, arguments := range map[string][]string{
		"another rule":            {"tag-missing"},
		"a value without a name":  {"tag-mutable", "who"},
		"a placeholder left open": {"tag-mutable", "who", "f.who"},
	} {
		_, err := read.Finding(arguments[0], arguments[1:]...)
		require.ErrorContains(t, err, arguments[0], name)
	}
}
