package gatekeeper_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/gatekeeper"
)

func TestUnreadable(t *testing.T) {
	for name, test := range map[string]struct {
		object map[string]any
		want   string
	}{
		"a kind of a group":        {map[string]any{"apiVersion": "apps/v1", "kind": "Deployment"}, ""},
		"a kind of no group":       {map[string]any{"apiVersion": "v1", "kind": "Pod"}, ""},
		"a kind alone":             {map[string]any{"kind": "Pod"}, ""},
		"no kind":                  {map[string]any{"apiVersion": "v1"}, "it has no kind"},
		"a version of three parts": {map[string]any{"apiVersion": "a/v1/v2", "kind": "Pod"}, "its apiVersion has more than two parts"},
		"an empty AdmissionReview": {map[string]any{"kind": "AdmissionReview"}, "it is an AdmissionReview without a request"},
	} {
		t.Run(name, func(t *testing.T) {
			review, err := harness.NewReview(test.object, nil)
			require.NoError(t, err)
			assert.Equal(t, test.want, gatekeeper.Unreadable(review))
		})
	}
}
