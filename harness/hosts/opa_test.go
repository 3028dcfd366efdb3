//go:build hosts

package hosts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// TestOPAServer asks a real server for /v1/data/pullpolicy/violations.
func TestOPAServer(t *testing.T) {
	url := serve(t, program(t, "PULLPOLICY_OPA"))
	agree(t, "opa run --server", func(ctx context.Context, c *fixture.Case) ([]harness.Violation, error) {
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

// serve starts a server on a free port of the loopback and stops it when the test ends.
func serve(t *testing.T, opa string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())

	server := exec.Command(opa, "run", "--server", "--addr", address, "--log-level", "error",
		"--disable-telemetry", "--ignore", "*_test.rego", policies)
	server.Stderr = os.Stderr
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Kill())
		_ = server.Wait() // killed, so it says so
	})

	url := "http://" + address
	require.Eventually(t, func() bool {
		response, err := http.Get(url + "/health")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, "opa does not answer")
	return url
}

func ask(ctx context.Context, url string, input any) ([]harness.Violation, error) {
	body, err := json.Marshal(map[string]any{"input": input})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()

	var answer struct {
		Result *struct {
			Violations []harness.Violation `json:"violations"`
		} `json:"result"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Result == nil {
		return nil, fmt.Errorf("%s: %w", response.Status, harness.ErrUndefined)
	}
	return answer.Result.Violations, nil
}
