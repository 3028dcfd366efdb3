package pack_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/internal/tamper"
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

type entry = tamper.Entry

func file(name, content string) entry { return tamper.File(name, content) }

func repack(t testing.TB, entries []entry) []byte {
	t.Helper()
	packed, err := tamper.Pack(entries)
	require.NoError(t, err)
	return packed
}

func gunzip(t testing.TB, packed []byte) []byte {
	t.Helper()
	tarball, err := tamper.Gunzip(packed)
	require.NoError(t, err)
	return tarball
}

func zip(t testing.TB, tarball []byte) []byte {
	t.Helper()
	packed, err := tamper.Gzip(tarball)
	require.NoError(t, err)
	return packed
}
