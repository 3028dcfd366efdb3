package tenant_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/internal/tenant"
)

// TestGrowsInProportion holds what the law rests on: twice the n is about twice the bytes, but for digits.
func TestGrowsInProportion(t *testing.T) {
	names := map[string]bool{}
	for _, dimension := range tenant.Dimensions() {
		assert.False(t, names[dimension.Name], "%s twice", dimension.Name)
		names[dimension.Name] = true
		for _, n := range []int{dimension.Within, dimension.Cluster} {
			if n == 0 {
				continue
			}
			once, twice := bytes(t, dimension.Write(n)), bytes(t, dimension.Write(2*n))
			assert.Greater(t, twice, once, "%s, n = %d", dimension.Name, n)
			assert.LessOrEqual(t, float64(twice), 2.2*float64(once), "%s, n = %d", dimension.Name, n)
		}
		if dimension.Cluster > 0 {
			most := dimension.Write(2 * dimension.Cluster).Object
			assert.Less(t, bytes(t, tenant.Request{Object: most}), 1_400_000, "%s is more than etcd takes", dimension.Name)
			annotations, _ := most["metadata"].(tenant.Object)["annotations"].(tenant.Object)
			for key, value := range annotations {
				assert.Less(t, len(key)+len(value.(string)), 256<<10, "%s is more than an API server takes", dimension.Name)
			}
		}
	}
}

func bytes(t *testing.T, request tenant.Request) int {
	t.Helper()
	encoded, err := json.Marshal(request)
	require.NoError(t, err)
	return len(encoded)
}
