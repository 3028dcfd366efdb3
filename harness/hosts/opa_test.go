//go:build hosts

package hosts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// TestOPAServer asks a real server for /v1/data/pullpolicy/violations.
func TestOPAServer(t *testing.T) {
	opa := program(t, "PULLPOLICY_OPA")
	url, started := serve(t, opa), time.Now()
	agree(t, row{host: "opa run --server", version: versionOf(t, opa)}, started, func(ctx context.Context, c *fixture.Case) ([]harness.Violation, error) {
		return ask(ctx, url+"/v1/data/pullpolicy/violations", c.Input)
	})
}

// TestOPAServerFailsClosed posts inputs of a wrong shape, which must never read as clean.
func TestOPAServerFailsClosed(t *testing.T) {
	url := serve(t, program(t, "PULLPOLICY_OPA")) + "/v1/data/pullpolicy/violations"
	for name, input := range map[string]any{
		"a bare Pod":              map[string]any{"apiVersion": "v1", "kind": "Pod"},
		"an AdmissionReview":      map[string]any{"kind": "AdmissionReview", "request": map[string]any{}},
		"reviews without objects": map[string]any{"reviews": []any{map[string]any{"kind": "Pod"}}},
		"nothing":                 nil,
	} {
		t.Run(name, func(t *testing.T) {
			violations, err := ask(t.Context(), url, input)
			require.NoError(t, err)
			require.Len(t, violations, 1)
			require.Equal(t, "input-invalid", violations[0].Rule)
			require.Equal(t, harness.SeverityError, violations[0].Severity)
		})
	}
}

// serve starts a server with the policies of the checkout.
func serve(t *testing.T, opa string) string {
	t.Helper()
	address := freeAddress(t)
	return launch(t, address, exec.Command(opa, "run", "--server", "--addr="+address, "--skip-version-check",
		"--log-level=error", "--ignore=*_test.rego", policies)).url
}

// A server is a real one on the loopback.
type server struct {
	url     string
	log     string // the file of what it says on standard error
	process *exec.Cmd
}

// launch starts a server and waits until it listens on the address. It stops when the test ends.
func launch(t *testing.T, address string, process *exec.Cmd) *server {
	t.Helper()
	s := &server{url: "http://" + address, log: filepath.Join(t.TempDir(), "opa.log"), process: process}
	log, err := os.Create(s.log)
	require.NoError(t, err)
	defer log.Close()

	process.Stderr = log
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			said := s.said(t)
			t.Logf("opa said\n%s", said[max(0, len(said)-4096):])
		}
	})
	require.Eventually(t, func() bool { return s.health("") != 0 }, time.Minute, 20*time.Millisecond, "opa does not answer")
	return s
}

// kill ends the server as a crash does.
func (s *server) kill() {
	if s.process.ProcessState == nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait() // killed, so it says so
	}
}

// said is what the server has logged so far.
func (s *server) said(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	require.NoError(t, err)
	return string(text)
}

// health is the status of /health, 0 where nothing answers.
func (s *server) health(query string) int {
	response, err := http.Get(s.url + "/health" + query)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// ask returns the violations that a server finds. No result is an error: it says that no policies are loaded.
func ask(ctx context.Context, url string, input any) ([]harness.Violation, error) {
	answer, err := askAll(ctx, url, input)
	return answer.Violations, err
}

// An answer is the violations with the revision of the bundle that found them, "" where they came in no bundle.
type answer struct {
	Violations []harness.Violation
	Revision   string
}

func askAll(ctx context.Context, url string, input any) (answer, error) {
	body, err := json.Marshal(map[string]any{"input": input})
	if err != nil {
		return answer{}, err
	}
	status, content, err := post(ctx, url+"?provenance", body)
	if err != nil {
		return answer{}, err
	}
	var said struct {
		Result *struct {
			Violations []harness.Violation `json:"violations"`
		} `json:"result"`
		Provenance struct {
			Bundles map[string]struct {
				Revision string `json:"revision"`
			} `json:"bundles"`
		} `json:"provenance"`
	}
	if err := json.Unmarshal(content, &said); err != nil {
		return answer{}, fmt.Errorf("%d: %w", status, err)
	}
	if status != http.StatusOK || said.Result == nil {
		return answer{}, fmt.Errorf("%d: %w", status, harness.ErrUndefined)
	}
	return answer{said.Result.Violations, said.Provenance.Bundles["pullpolicy"].Revision}, nil
}

// post returns the status and the body of the answer.
func post(ctx context.Context, url string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, content, err
}

// client keeps the connections of everyone who asks at once.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
