//go:build hosts

package hosts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// shipped is the folder of what an OPA server in a fleet runs with.
const shipped = "../../bundle/opa"

// A site is what differs from one place to another: where bundles come from, where they are kept, and which keys are
// trusted.
type site struct {
	url, resource, state string
	keys                 []keyPair
	open                 bool     // whether it runs without --authorization
	alone                bool     // whether it runs without the policies of the configuration
	more                 []string // further flags, and files to load
}

// start starts a server with the configuration that ships, which asks for bundles more often than a fleet does.
func (s site) start(t *testing.T) *fleetServer {
	t.Helper()
	address := freeAddress(t)
	args := []string{
		"run", "--server", "--addr=" + address, "--skip-version-check", "--ignore=*_test.rego",
		"--config-file=" + filepath.Join(shipped, "config.yaml"),
		"--set=bundles.pullpolicy.polling.min_delay_seconds=1",
		"--set=bundles.pullpolicy.polling.max_delay_seconds=1",
	}
	if !s.open {
		args = append(args, "--authorization=basic")
	}
	for _, key := range s.keys {
		args = append(args, "--set-file=keys."+key.id+".key="+write(t, key.id+".pub", string(key.public)))
	}
	if !s.alone {
		args = append(args, filepath.Join(shipped, "system"))
	}
	opa := exec.Command(program(t, "PULLPOLICY_OPA"), append(args, s.more...)...)
	opa.Env = append(os.Environ(), "PULLPOLICY_URL="+s.url, "PULLPOLICY_RESOURCE="+s.resource, "PULLPOLICY_STATE="+s.state)
	return &fleetServer{launch(t, address, opa)}
}

// A fleetServer is a server that takes its policies in a bundle.
type fleetServer struct{ *server }

// A bundleStatus is what a server says of its bundle.
type bundleStatus struct {
	ActiveRevision string `json:"active_revision"`
	// Message is why the last bundle was not activated, "" where it was.
	Message string `json:"message"`
	// LastRequest is when the server last asked for a bundle.
	LastRequest time.Time `json:"last_request"`
}

func (s *fleetServer) status(t require.TestingT) bundleStatus {
	response, err := client.Get(s.url + "/v1/status")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	var status struct {
		Result struct {
			Bundles map[string]bundleStatus `json:"bundles"`
		} `json:"result"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&status))
	require.Contains(t, status.Result.Bundles, "pullpolicy")
	return status.Result.Bundles["pullpolicy"]
}

// activates waits until a revision is active, and demands that every way of asking says so.
func (s *fleetServer) activates(t *testing.T, revision string) {
	t.Helper()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		status := s.status(t)
		require.Equal(t, revision, status.ActiveRevision)
		require.Empty(t, status.Message)
	}, patience, tick)
	s.answers(t, revision)
}

// keeps waits until the server has asked for a bundle twice, of which the second time was after the call, and demands
// that a revision stays active.
func (s *fleetServer) keeps(t *testing.T, revision string) {
	t.Helper()
	for range 2 {
		before := s.status(t).LastRequest
		require.Eventually(t, func() bool { return s.status(t).LastRequest.After(before) }, patience, tick)
	}
	s.activates(t, revision)
}

// refuses waits until the server says why it does not take a bundle, and demands that another revision goes on
// answering, or nothing where there is none.
func (s *fleetServer) refuses(t *testing.T, message, active string) {
	t.Helper()
	var status bundleStatus
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		status = s.status(t)
		require.Contains(t, status.Message, message)
	}, patience, tick)
	require.Equal(t, active, status.ActiveRevision)
	if active == "" {
		s.isSilent(t)
	} else {
		s.answers(t, active)
	}
}

// answers demands that a revision gives the answers, and that the server calls itself healthy.
func (s *fleetServer) answers(t *testing.T, revision string) {
	t.Helper()
	assert.Equal(t, http.StatusOK, s.health("?bundles"))
	got, err := askAll(t.Context(), s.url+violationsPath, map[string]any{"reviews": []any{map[string]any{"object": pod}}})
	require.NoError(t, err)
	assert.Equal(t, revision, got.Revision)
	assert.NotEmpty(t, got.Violations)
	response, err := admit(t.Context(), s.url+reviewPath, admissionReview(pod))
	require.NoError(t, err)
	assert.False(t, response.Allowed)
}

// isSilent demands that nothing which the server says can be read as an answer.
func (s *fleetServer) isSilent(t *testing.T) {
	t.Helper()
	assert.Equal(t, http.StatusInternalServerError, s.health("?bundles"))
	_, err := ask(t.Context(), s.url+violationsPath, map[string]any{"reviews": []any{}})
	require.ErrorIs(t, err, harness.ErrUndefined)
	assert.Equal(t, http.StatusUnauthorized, s.send(t, http.MethodPost, violationsPath, `{"input": {"reviews": []}}`))
	for path, status := range map[string]string{reviewPath: "401", "/": "404"} {
		_, err := admit(t.Context(), s.url+path, admissionReview(pod))
		require.ErrorIs(t, err, harness.ErrUndefined, path)
		require.ErrorContains(t, err, status, path)
	}
}

const (
	violationsPath = "/v1/data/pullpolicy/violations"
	reviewPath     = "/v0/data/pullpolicy/admission/review"
)

// pod violates the policies in every profile.
var pod = map[string]any{
	"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web", "namespace": "shop"},
	"spec": map[string]any{"containers": []any{
		map[string]any{"name": "app", "image": "nginx:latest", "imagePullPolicy": "IfNotPresent"},
	}},
}

// admissionReview is what an API server sends of an object that is created.
func admissionReview(object any) map[string]any {
	return map[string]any{
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"request": map[string]any{"uid": "0a1b2c3d", "operation": "CREATE", "object": object},
	}
}

// An admission is the response in an AdmissionReview.
type admission struct {
	UID      string   `json:"uid"`
	Allowed  bool     `json:"allowed"`
	Warnings []string `json:"warnings"`
	Status   struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
}

// admit asks a server as an API server does: whatever is not an AdmissionReview with a response is an error, on which the
// webhook's failurePolicy decides.
func admit(ctx context.Context, url string, review any) (*admission, error) {
	body, err := json.Marshal(review)
	if err != nil {
		return nil, err
	}
	status, content, err := post(ctx, url, body)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("%d: %w", status, harness.ErrUndefined)
	}
	var answer struct {
		APIVersion string     `json:"apiVersion"`
		Kind       string     `json:"kind"`
		Response   *admission `json:"response"`
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return nil, err
	}
	if answer.APIVersion != "admission.k8s.io/v1" || answer.Kind != "AdmissionReview" || answer.Response == nil {
		return nil, fmt.Errorf("%s: %w", content, harness.ErrUndefined)
	}
	return answer.Response, nil
}

// violationsOf is what a server finds in an AdmissionReview.
func (s *fleetServer) violationsOf(ctx context.Context, review any) ([]harness.Violation, error) {
	body, err := json.Marshal(review)
	if err != nil {
		return nil, err
	}
	status, content, err := post(ctx, s.url+"/v0/data/pullpolicy/admission/violations", body)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("%d: %w", status, harness.ErrUndefined)
	}
	var found []harness.Violation
	err = json.Unmarshal(content, &found)
	return found, err
}

// put sets the consumer's parameters, or removes them where there are none, and returns the status of the answer.
func (s *fleetServer) put(t *testing.T, parameters string) int {
	t.Helper()
	method := http.MethodPut
	if parameters == "" {
		method = http.MethodDelete
	}
	return s.send(t, method, "/v1/data/pullpolicy_parameters", parameters)
}

// admissionOf is the response to an AdmissionReview that a verdict comes to.
func admissionOf(review map[string]any, violations []harness.Violation) *admission {
	said := map[string][]string{harness.SeverityError: {}, harness.SeverityWarning: {}}
	for _, violation := range violations {
		if !slices.Contains(said[violation.Severity], violation.Msg) {
			said[violation.Severity] = append(said[violation.Severity], violation.Msg)
		}
	}
	for _, messages := range said {
		slices.Sort(messages)
	}
	denials := said[harness.SeverityError]
	request, _ := review["request"].(map[string]any)
	uid, _ := request["uid"].(string)
	answer := &admission{UID: uid, Allowed: len(denials) == 0, Warnings: said[harness.SeverityWarning]}
	if !answer.Allowed {
		answer.Status.Code = http.StatusForbidden
		answer.Status.Message = strings.Join(denials, "\n")
	}
	return answer
}
