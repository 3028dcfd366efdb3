package pack_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestEveryByteCounts flips a bit in each byte of a small signed bundle; make exhaustive does so with the whole one.
// What is then accepted must have the files of the original to the byte, the signature's text aside, whose every
// spelling has the one meaning that the key has signed.
func TestEveryByteCounts(t *testing.T) {
	signed, verifier := small(t)
	flipEveryByte(t, signed, verifier)
}

// flipEveryByte flips a bit in each byte of a signed bundle's tarball. What is then accepted must have the files of the
// original, the signature's text aside, whose every spelling has the one meaning that the key has signed.
func flipEveryByte(t *testing.T, signed []byte, verifier *pack.Verifier) {
	tarball := gunzip(t, signed)
	original := meaning(read(t, signed))
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // a third of the time, otherwise

	var refused, accepted atomic.Int64
	var workers sync.WaitGroup
	step := runtime.GOMAXPROCS(0)
	for worker := range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			flipped := slices.Clone(tarball)
			var zipped bytes.Buffer
			zipper, err := gzip.NewWriterLevel(&zipped, gzip.NoCompression)
			if !assert.NoError(t, err) {
				return
			}
			for i := worker; i < len(tarball); i += step {
				flipped[i] ^= 1 << (i % 8)
				zipped.Reset()
				zipper.Reset(&zipped)
				_, err := zipper.Write(flipped)
				if !assert.NoError(t, errors.Join(err, zipper.Close())) {
					return
				}
				archive, err := pack.Read(&zipped)
				if err == nil {
					_, err = verifier.Verify(archive)
				}
				if err != nil {
					refused.Add(1)
				} else {
					accepted.Add(1)
					if !assert.Equal(t, original, meaning(archive), "byte %d", i) {
						return
					}
				}
				flipped[i] = tarball[i]
			}
		})
	}
	workers.Wait()
	t.Logf("%d of %d bytes flipped: %d refused, %d accepted that change no file",
		refused.Load()+accepted.Load(), len(tarball), refused.Load(), accepted.Load())
	require.Positive(t, accepted.Load(), "the padding behind files means nothing, so the test has not looked")
	require.Greater(t, refused.Load(), int64(len(tarball))/4)
}

// meaning is the files by their names. The signature's has many spellings, and is of no consequence once it is verified.
func meaning(archive *pack.Archive) map[string]string {
	files := map[string]string{}
	for _, file := range archive.Files {
		files[file.Name] = string(file.Content)
	}
	files[".signatures.json"] = ""
	return files
}

// FuzzVerify feeds it arbitrary bytes, and tarballs of arbitrary bytes.
func FuzzVerify(f *testing.F) {
	signed, verifier := small(f)
	tarball := gunzip(f, signed)
	f.Add(signed)
	f.Add(tarball)
	f.Add(tarball[:2048])
	f.Add([]byte(nil))
	f.Add([]byte("\x1f\x8b"))
	original := meaning(read(f, signed))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, packed := range [][]byte{content, zip(t, content)} {
			archive, err := pack.Read(bytes.NewReader(packed))
			if err != nil {
				continue
			}
			_, _ = archive.Contents(nil) // may say anything, and must not panic
			if _, err := verifier.Verify(archive); err == nil {
				require.Equal(t, original, meaning(archive))
			}
		}
	})
}

// small is a signed bundle of one module, and what accepts it.
func small(t testing.TB) ([]byte, *pack.Verifier) {
	private, public, err := pack.Keygen("ES256")
	require.NoError(t, err)
	claims := filepath.Join(t.TempDir(), "claims.json")
	require.NoError(t, os.WriteFile(claims, []byte(`{"keyid": "k1", "scope": "test"}`), 0o600))
	const module = "package a\n\nb := 1\n"
	b := bundle.Bundle{
		Manifest: bundle.Manifest{Revision: "r9"},
		Data:     map[string]any{"c": "d"},
		Modules:  []bundle.ModuleFile{{URL: "/a.rego", Path: "/a.rego", Raw: []byte(module), Parsed: ast.MustParseModule(module)}},
	}
	require.NoError(t, b.GenerateSignature(bundle.NewSigningConfig(string(private), "ES256", claims), "k1", false))
	var packed bytes.Buffer
	require.NoError(t, bundle.NewWriter(&packed).Write(b))
	key, err := pack.NewKey(public, "")
	require.NoError(t, err)
	return packed.Bytes(), &pack.Verifier{Keys: map[string]pack.Key{"k1": key}, Scope: "test"}
}
