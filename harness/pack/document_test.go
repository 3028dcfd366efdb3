package pack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestReadStructured reads each text as each structured file, the manifest among them, to which keys in two cases are
// duplicates.
func TestReadStructured(t *testing.T) {
	for text, want := range map[string]struct{ data, manifest string }{
		`{}`:                            {},
		`{"a": {"b": [1, 1.0, 1e400]}}`: {},
		`{"a": 123456789012345678901234567890, "b": -0, "c": 1E5}`: {},
		`{"a": "<é\u2028\u0007\/>", "\u0062": null}`:               {},
		`[{"a": 1}, {"a": 1}, {"A": 1}]`:                           {},
		`{"a": {"b": 1}, "b": 1}`:                                  {},

		`{"a": 1, "a": 1}`:                         {`duplicate key "a"`, `duplicate key "a"`},
		`{"a": 1, "\u0061": 1}`:                    {`duplicate key "a"`, `duplicate key "a"`},
		`{"b": [{"a": 1, "a": 2}]}`:                {`duplicate key "a"`, `duplicate key "a"`},
		`{"a": 1, "A": 1}`:                         {"", `duplicate key "a": it differs from "A" in case alone`},
		`{"b": [{"kelvin": 1, "\u212aelvin": 1}]}`: {"", "duplicate key \"\u212aelvin\": it differs from \"kelvin\" in case alone"},
		`{"a": 1} {"a": 1}`:                        {"something behind", "something behind"},
		`{"a": 1}]`:                                {"invalid character", "invalid character"},
		`{"a": 01}`:                                {"invalid character", "invalid character"},
		`{"a": .inf}`:                              {"invalid character", "invalid character"},
		"{\"a\": \"\xff\"}":                        {"invalid UTF-8", "invalid UTF-8"},
		`{"a": "\ud800"}`:                          {"invalid surrogate pair", "invalid surrogate pair"},
		"\ufeff{}":                                 {"invalid character", "invalid character"},
		"a: 1":                                     {"invalid character", "invalid character"},
		"{a: 1}":                                   {"invalid character", "invalid character"},
		"":                                         {"EOF", "EOF"},
		strings.Repeat("[", 20_000):                {"exceeded max depth", "exceeded max depth"},
	} {
		for name, want := range map[string]string{"data.json": want.data, "x/data.json": want.data, ".manifest": want.manifest} {
			t.Run(name+" "+fmt.Sprintf("%.40q", text), func(t *testing.T) {
				archive, err := pack.Read(bytes.NewReader(repack(t, []entry{file(name, text)})))
				if want != "" {
					require.ErrorContains(t, err, "read bundle: "+name+": ")
					require.ErrorContains(t, err, want)
					return
				}
				require.NoError(t, err)
				require.Equal(t, hashOf(t, text), sha256Of(archive.Files[0].Content), "%s", archive.Files[0].Content)
			})
		}
	}

	for _, name := range []string{"data.yaml", "data.yml", "x/data.yaml"} {
		_, err := pack.Read(bytes.NewReader(repack(t, []entry{file(name, "a: 1")})))
		assert.ErrorContains(t, err, name+": YAML has more than one reading")
	}
	archive := read(t, repack(t, []entry{file("x.json", `{"a": 1, "a": 1}`)}))
	assert.Equal(t, `{"a": 1, "a": 1}`, string(archive.Files[0].Content), "OPA hashes the bytes of all other files")
}

// FuzzStructured demands that what is read of a structured file has, byte for byte, the hash that OPA signs it by.
func FuzzStructured(f *testing.F) {
	for _, text := range []string{`{"a": 1, "a": 2}`, `{"a": "<\u2028>\b"}`, `[1e400, -0, 1.0]`, "{\"\xff\": 1}", `{} {}`, `{"ſ": 1, "s": 2}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"data.json", ".manifest"} {
			archive, err := pack.Read(bytes.NewReader(repack(t, []entry{file(name, text)})))
			if err != nil {
				continue
			}
			content := archive.Files[0].Content
			require.Equal(t, hashOf(t, text), sha256Of(content), "%s", content)
			again := read(t, repack(t, []entry{file(name, string(content))}))
			require.Equal(t, content, again.Files[0].Content)
		}
	})
}

// hashOf is the hash that OPA signs a structured text by.
func hashOf(t *testing.T, text string) string {
	t.Helper()
	var value any
	require.NoError(t, util.Unmarshal([]byte(text), &value))
	hasher, err := bundle.NewSignatureHasher(bundle.SHA256)
	require.NoError(t, err)
	sum, err := hasher.HashFile(value)
	require.NoError(t, err)
	return hex.EncodeToString(sum)
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
