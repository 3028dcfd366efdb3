package document_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/editorconfig/editorconfig-core-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEditorConfig holds what is committed to .editorconfig, so that an editor that obeys it changes no other line.
func TestEditorConfig(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	require.NoError(t, err)

	configs := editorconfig.NewCachedParser()
	checked := 0
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		path := filepath.Join(root, name)
		info, err := os.Lstat(path)
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			continue // deleted and not committed yet, or a link
		}
		require.NoError(t, err)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		config := editorconfig.Config{Path: path, Name: ".editorconfig", Parser: configs}
		definition, err := config.Load(path)
		require.NoError(t, err)
		assert.Equal(t, "utf-8", definition.Charset, name)
		if filepath.Ext(name) == ".go" {
			definition.IndentStyle = "" // gofmt's, and strings over lines have their own
		}
		for _, offence := range offences(definition, text) {
			t.Errorf("%s: %s", name, offence)
		}
		checked++
	}
	assert.Greater(t, checked, 500)
}

func TestOffences(t *testing.T) {
	yes := true
	strict := editorconfig.Definition{
		Charset: "utf-8", EndOfLine: "lf", IndentStyle: "space", TrimTrailingWhitespace: &yes, InsertFinalNewline: &yes,
	}
	tabs := strict
	tabs.IndentStyle = "tab"
	for text, want := range map[string][]string{
		"":                nil,
		"a\n  b\n\nc\n":   nil,
		"a \nb\n":         {"trailing whitespace"},
		"a\t\nb\n":        {"trailing whitespace"},
		"a\n  \n":         {"trailing whitespace"},
		"a\r\nb\n":        {"a carriage return"},
		"a":               {"no newline at the end"},
		"a\n\tb\n":        {"indented by a tab"},
		"\ufeffa\n":       {"a byte order mark"},
		"\xff\n":          {"not UTF-8"},
		"a \r\n\tb\xff\t": {"not UTF-8", "a carriage return", "no newline at the end", "trailing whitespace", "indented by a tab"},
	} {
		assert.Equal(t, want, offences(&strict, []byte(text)), "%q", text)
	}
	assert.Equal(t, []string{"indented by a blank"}, offences(&tabs, []byte("a\n b\n")))
	assert.Empty(t, offences(&tabs, []byte("a\n\tb\n")))
	assert.Empty(t, offences(&editorconfig.Definition{}, []byte("a \n\tb\r\n c")))
}

// offences names what in a text offends against a definition, each kind once.
func offences(definition *editorconfig.Definition, text []byte) []string {
	var found []string
	offence := func(is bool, what string) {
		if is {
			found = append(found, what)
		}
	}
	utf8Only := definition.Charset == "utf-8"
	offence(utf8Only && !utf8.Valid(text), "not UTF-8")
	offence(utf8Only && bytes.HasPrefix(text, []byte("\ufeff")), "a byte order mark")
	offence(definition.EndOfLine == "lf" && bytes.IndexByte(text, '\r') >= 0, "a carriage return")
	final := definition.InsertFinalNewline != nil && *definition.InsertFinalNewline
	offence(final && len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")), "no newline at the end")

	trim := definition.TrimTrailingWhitespace != nil && *definition.TrimTrailingWhitespace
	var trailing, tab, blank bool
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		trailing = trailing || len(bytes.TrimRight(line, " \t")) < len(line)
		tab = tab || bytes.HasPrefix(line, []byte("\t"))
		blank = blank || bytes.HasPrefix(line, []byte(" "))
	}
	offence(trim && trailing, "trailing whitespace")
	offence(definition.IndentStyle == "space" && tab, "indented by a tab")
	offence(definition.IndentStyle == "tab" && blank, "indented by a blank")
	return found
}
