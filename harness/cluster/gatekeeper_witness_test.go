//go:build cluster

package cluster_test

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// A witness is a webhook beside Gatekeeper's, asked about the same requests. It lets everything pass and keeps what
// the API server hands to admission.
type witness struct {
	mu      sync.Mutex
	reviews []admissionReview
}

// An admissionReview is what a webhook is sent.
type admissionReview struct {
	Request struct {
		UID         string          `json:"uid"`
		Operation   string          `json:"operation"`
		SubResource string          `json:"subResource"`
		Object      json.RawMessage `json:"object"`
		OldObject   json.RawMessage `json:"oldObject"`
	} `json:"request"`
}

// newWitness serves a witness, and has it asked about every request that Gatekeeper is asked about.
func newWitness(t *testing.T, g *gatekeeper) *witness {
	t.Helper()
	w := &witness{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	config, err := tlsConfig(g.certificate, g.key)
	require.NoError(t, err)
	server := &http.Server{Handler: w, TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})

	configuration := g.webhooks(t, "ValidatingWebhookConfiguration", "Fail")
	configuration["metadata"] = object{"name": "witness"}
	webhook := configuration["webhooks"].([]any)[0].(object)
	webhook["name"] = "witness.pullpolicy.test"
	webhook["clientConfig"] = g.clientConfig(listener.Addr().String(), "/")
	configuration["webhooks"] = []any{webhook}
	g.register(t, validatingPath, configuration)
	return w
}

func (w *witness) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	var review admissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	w.reviews = append(w.reviews, review)
	w.mu.Unlock()
	response.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(response).Encode(object{ // or the API server misses it
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"response": object{"uid": review.Request.UID, "allowed": true},
	})
}

// review is what the engine checks of it.
func (r admissionReview) review(t *testing.T) harness.Review {
	t.Helper()
	var former any
	if len(r.Request.OldObject) > 0 && string(r.Request.OldObject) != "null" {
		former = r.Request.OldObject
	}
	review, err := harness.NewReview(r.Request.Object, former)
	require.NoError(t, err)
	review.Admitted = true
	return review
}

// seen are the reviews whose object has a label, by the label's value and the operation; of several the last.
func (w *witness) seen(t *testing.T, label string) map[string]admissionReview {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	labelled := map[string]admissionReview{}
	for _, review := range w.reviews {
		var read struct {
			Metadata struct{ Labels map[string]string }
		}
		require.NoError(t, json.Unmarshal(review.Request.Object, &read))
		if value, ok := read.Metadata.Labels[label]; ok {
			labelled[value+" "+review.Request.Operation] = review
		}
	}
	return labelled
}
