//go:build kubelet

package kubelet_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A registry is a real one behind a proxy on loopback that counts what it is asked for.
type registry struct {
	host    string // host:port, as images name it
	program []byte // a static binary, the entry point of each image
	process *exec.Cmd

	mu    sync.Mutex
	asked map[string]int // requests for a manifest, by repository
}

var manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/`)

// startRegistry runs the program of PULLPOLICY_REGISTRY on a socket, and the proxy in front of it.
func startRegistry(t *testing.T) *registry {
	t.Helper()
	dir := t.TempDir()
	socket, config, binary := filepath.Join(dir, "socket"), filepath.Join(dir, "config.yml"), filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage: {filesystem: {rootdirectory: %s}}
http: {net: unix, addr: %s, relativeurls: true}
`, filepath.Join(dir, "storage"), socket), 0o600))
	r := &registry{asked: map[string]int{}, process: exec.Command(program(t, "PULLPOLICY_REGISTRY"), "serve", config)}
	r.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, r.process.Start())
	t.Cleanup(r.stop)
	require.Eventually(t, func() bool { _, err := os.Stat(socket); return err == nil }, time.Minute, 50*time.Millisecond)

	front := httptest.NewServer(r.counting(&httputil.ReverseProxy{
		Rewrite:      func(p *httputil.ProxyRequest) { p.Out.URL.Scheme, p.Out.URL.Host = "http", p.In.Host },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}},
	}))
	t.Cleanup(front.Close)
	r.host = front.Listener.Addr().String()

	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./testdata/program")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	r.program, err = os.ReadFile(binary)
	require.NoError(t, err)
	return r
}

// stop ends the registry; the proxy lives on and counts, and its answer is that the registry is away.
func (r *registry) stop() {
	if r.process.ProcessState == nil {
		_ = r.process.Process.Kill()
		_ = r.process.Wait()
	}
}

func (r *registry) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if path := manifestPath.FindStringSubmatch(request.URL.Path); path != nil && request.Method != http.MethodPut {
			r.mu.Lock()
			r.asked[path[1]]++
			r.mu.Unlock()
		}
		next.ServeHTTP(w, request)
	})
}

// requests returns how often a manifest of the repository was asked for so far.
func (r *registry) requests(repository string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[repository]
}

// push makes an image of the program and a file, and lets the tag name it.
func (r *registry) push(t *testing.T, repository, tag, content string) {
	t.Helper()
	type descriptor struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
		Size      int    `json:"size"`
	}
	upload := func(mediaType string, blob []byte) descriptor {
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256(blob))
		started := r.send(t, http.MethodPost, "/v2/"+repository+"/blobs/uploads/", "", nil, http.StatusAccepted)
		r.send(t, http.MethodPut, started.Get("Location")+"&digest="+digest, "application/octet-stream", blob, http.StatusCreated)
		return descriptor{mediaType, digest, len(blob)}
	}

	const layer = "application/vnd.oci.image.layer.v1.tar"
	layers := []descriptor{
		upload(layer, archive(t, "program", 0o755, r.program)),
		upload(layer, archive(t, "content", 0o644, []byte(content+"\n"))),
	}
	config := upload("application/vnd.oci.image.config.v1+json", encode(t, map[string]any{
		"os": "linux", "architecture": runtime.GOARCH,
		"config": map[string]any{"Entrypoint": []string{"/program"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layers[0].Digest, layers[1].Digest}},
	}))
	const image = "application/vnd.oci.image.manifest.v1+json"
	r.send(t, http.MethodPut, "/v2/"+repository+"/manifests/"+tag, image, encode(t, map[string]any{
		"schemaVersion": 2, "mediaType": image, "config": config, "layers": layers,
	}), http.StatusCreated)
}

// send asks the registry for something, demands a status, and returns the header of the answer.
func (r *registry) send(t *testing.T, method, path, mediaType string, body []byte, want int) http.Header {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.host+path, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", mediaType)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, want, response.StatusCode, "%s %s: %s", method, path, answer)
	return response.Header
}

// archive is a layer with one file.
func archive(t *testing.T, name string, mode int64, content []byte) []byte {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content))}))
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return layer.Bytes()
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return encoded
}
