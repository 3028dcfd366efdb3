package harness

import (
	"context"

	"github.com/open-policy-agent/opa/v1/rego"
)

// Prepare prepares a query of the Engine's policies, for tests that ask what no host does.
func (e *Engine) Prepare(ctx context.Context, query string) (rego.PreparedEvalQuery, error) {
	return e.prepare(ctx, query)
}
