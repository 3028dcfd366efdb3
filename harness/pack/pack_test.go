package pack_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/policies"
)

// keyPair is made once, for RSA keys take their time.
var keyPair = sync.OnceValues(func() (private, public []byte) {
	private, public, err := pack.Keygen("RS256")
	if err != nil {
		panic(err)
	}
	return private, public
})

func newSigner(t testing.TB) *pack.Signer {
	t.Helper()
	private, _ := keyPair()
	signer, err := pack.NewSigner(private, "", "k1", "test")
	require.NoError(t, err)
	return signer
}

// newVerifier accepts what newSigner signs.
func newVerifier(t testing.TB) *pack.Verifier {
	t.Helper()
	_, public := keyPair()
	key, err := pack.NewKey(public, "")
	require.NoError(t, err)
	return &pack.Verifier{Keys: map[string]pack.Key{"k1": key}, Scope: "test"}
}

// sourceTime is the time of the sources in tests.
var sourceTime = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

func build(t testing.TB, options pack.Options) []byte {
	t.Helper()
	if options.Revision == "" {
		options.Revision = "r9"
	}
	options.Time = sourceTime
	var packed bytes.Buffer
	require.NoError(t, pack.Build(t.Context(), policies.FS, options, &packed))
	return packed.Bytes()
}

func read(t testing.TB, packed []byte) *pack.Archive {
	t.Helper()
	archive, err := pack.Read(bytes.NewReader(packed))
	require.NoError(t, err)
	return archive
}

// An entry is one of a tarball.
type entry struct {
	tar.Header
	content []byte
}

func unpack(t testing.TB, packed []byte) []entry {
	t.Helper()
	var entries []entry
	unzipped := tar.NewReader(bytes.NewReader(gunzip(t, packed)))
	for {
		header, err := unzipped.Next()
		if err == io.EOF {
			return entries
		}
		require.NoError(t, err)
		content, err := io.ReadAll(unzipped)
		require.NoError(t, err)
		entries = append(entries, entry{*header, content})
	}
}

func repack(t testing.TB, entries []entry) []byte {
	t.Helper()
	var tarball bytes.Buffer
	writer := tar.NewWriter(&tarball)
	for _, e := range entries {
		header := e.Header
		if header.Typeflag == tar.TypeReg {
			header.Size = int64(len(e.content))
		}
		require.NoError(t, writer.WriteHeader(&header))
		_, err := writer.Write(e.content)
		require.NoError(t, err)
	}
	require.NoError(t, writer.Close())
	return zip(t, tarball.Bytes())
}

func gunzip(t testing.TB, packed []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	content, err := io.ReadAll(reader)
	require.NoError(t, err)
	return content
}

// zip compresses nothing, which is fast.
func zip(t testing.TB, content []byte) []byte {
	t.Helper()
	var zipped bytes.Buffer
	writer, err := gzip.NewWriterLevel(&zipped, gzip.NoCompression)
	require.NoError(t, err)
	_, err = writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return zipped.Bytes()
}

func file(name, content string) entry {
	return entry{tar.Header{Name: name, Mode: 0o600, Typeflag: tar.TypeReg}, []byte(content)}
}
