//go:build hosts

package hosts_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	embedded "github.com/pullpolicy/pullpolicy/policies"
)

// A keyPair signs bundles under an id.
type keyPair struct {
	id              string
	private, public []byte
}

// ours and others are made once, for RSA keys take their time.
var (
	ours   = sync.OnceValue(newKeyPair)
	others = sync.OnceValue(newKeyPair)
)

func newKeyPair() keyPair {
	private, public, err := pack.Keygen("RS256")
	if err != nil {
		panic(err)
	}
	return keyPair{pack.DefaultKeyID, private, public}
}

// as is the same pair under another id.
func (k keyPair) as(id string) keyPair {
	k.id = id
	return k
}

// strict is what some bundles ship as their parameters.
var strict = map[string]any{"profile": "strict"}

// build makes a bundle that is signed as the fleet demands.
func build(t *testing.T, revision string, key keyPair, parameters any) []byte {
	t.Helper()
	return buildFor(t, pack.DefaultScope, revision, key, parameters)
}

func buildFor(t *testing.T, scope, revision string, key keyPair, parameters any) []byte {
	t.Helper()
	signer, err := pack.NewSigner(key.private, "", key.id, scope)
	require.NoError(t, err)
	return buildWith(t, pack.Options{Revision: revision, Parameters: parameters, Signer: signer})
}

func buildWith(t *testing.T, options pack.Options) []byte {
	t.Helper()
	var bundle bytes.Buffer
	require.NoError(t, pack.Build(t.Context(), embedded.FS, options, &bundle))
	return bundle.Bytes()
}

// A publisher is a server on the loopback that hands out what it was last given, and counts.
type publisher struct {
	*httptest.Server

	mu       sync.Mutex
	bundle   []byte
	etags    bool // whether it heeds what clients have already
	answered map[int]int
}

func publish(t *testing.T, bundle []byte) *publisher {
	t.Helper()
	p := &publisher{bundle: bundle, etags: true, answered: map[int]int{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// set has the publisher hand out another bundle from now on.
func (p *publisher) set(bundle []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bundle = bundle
}

// ignoreETags has it send what it has, whatever its clients say that they have already.
func (p *publisher) ignoreETags() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.etags = false
}

// answers is how often it has answered with a status so far.
func (p *publisher) answers(status int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answered[status]
}

// ServeHTTP answers as RFC 9110 has it, with 304 where If-None-Match names the bundle.
func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	bundle, etags := p.bundle, p.etags
	p.mu.Unlock()
	sum := sha256.Sum256(bundle)
	w.Header().Set("ETag", fmt.Sprintf("%q", hex.EncodeToString(sum[:])))
	if !etags {
		r.Header.Del("If-None-Match")
	}
	w.Header().Set("Content-Type", "application/gzip")
	recorder := &statusRecorder{w, http.StatusOK}
	http.ServeContent(recorder, r, "", time.Time{}, bytes.NewReader(bundle))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered[recorder.status]++
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// freeAddress is an address on the loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
