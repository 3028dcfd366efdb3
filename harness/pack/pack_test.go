package pack_test

import (
	"bytes"
	"context"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
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

// build builds the project's policies. It takes its time: where any policies do, there is buildSmall.
func build(t testing.TB, options pack.Options) []byte {
	t.Helper()
	return buildFrom(t, policies.FS, options)
}

// buildSmall builds policies that find nothing, and that have the files of the project's which tests look for.
func buildSmall(t testing.TB, options pack.Options) []byte {
	t.Helper()
	return buildFrom(t, smallPolicies(t), options)
}

func buildFrom(t testing.TB, policies fs.FS, options pack.Options) []byte {
	t.Helper()
	if options.Revision == "" {
		options.Revision = "r9"
	}
	options.Time = sourceTime
	var packed bytes.Buffer
	require.NoError(t, pack.Build(t.Context(), policies, options, &packed))
	return packed.Bytes()
}

// embedded is the engine of the policies that the bundles are built from, and the others are bundles of them, which
// the same signer has signed. Each is made once; nothing changes them.
var (
	embedded   = sync.OnceValues(func() (*harness.Engine, error) { return harness.New(context.Background()) })
	regoBundle = sync.OnceValues(func() ([]byte, error) { return built("rego") })
	wasmBundle = sync.OnceValues(func() ([]byte, error) { return built("wasm") })
	planBundle = sync.OnceValues(func() ([]byte, error) { return built("plan") })
)

func built(target string) ([]byte, error) {
	private, _ := keyPair()
	signer, err := pack.NewSigner(private, "", "k1", "test")
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	err = pack.Build(context.Background(), policies.FS, pack.Options{Target: target, Revision: "r9", Time: sourceTime, Signer: signer}, &packed)
	return packed.Bytes(), err
}

// once returns what one of those makes.
func once[T any](t testing.TB, make func() (T, error)) T {
	t.Helper()
	made, err := make()
	require.NoError(t, err)
	return made
}

// smallPolicies are those of buildSmall, with the project's own manifest.
func smallPolicies(t testing.TB) fstest.MapFS {
	t.Helper()
	manifest, err := fs.ReadFile(policies.FS, ".manifest")
	require.NoError(t, err)
	return fstest.MapFS{
		".manifest": {Data: manifest},
		smallEntrypoint: {Data: []byte(`package pullpolicy.violations

import data.pullpolicy.uses

# METADATA
# entrypoint: true
violations contains x if some x in uses.found

# METADATA
# entrypoint: true
exempted contains x if some x in uses.found

# METADATA
# entrypoint: true
judged := {"objects": 0, "images": count(uses.found)}
`)},
		"pullpolicy/uses/uses.rego": {Data: []byte("package pullpolicy.uses\n\nfound := set()\n")},
		"pullpolicy/explanations/explanations.rego": {Data: []byte(
			"package pullpolicy.explanations\n\nexplanations := []\n\nproblems := []\n",
		)},
	}
}

// smallEntrypoint is the file of what Build asks.
const smallEntrypoint = "pullpolicy/violations/violations.rego"

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
