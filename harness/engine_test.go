package harness_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

func TestScratch(t *testing.T) {
	e, err := harness.New(t.Context())
	require.NoError(t, err)
	r, err := harness.NewReview(map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": "nginx"}}}}, nil)
	require.NoError(t, err)
	v, err := e.Judge(t.Context(), harness.Input{Reviews: []harness.Review{r}})
	require.NoError(t, err)
	t.Logf("%+v", v)
	x, err := e.Explain(t.Context(), harness.Input{Reviews: []harness.Review{r}})
	require.NoError(t, err)
	t.Logf("%+v", x)
}
func BenchmarkScratch(b *testing.B) {
	e, err := harness.New(b.Context())
	require.NoError(b, err)
	for _, n := range []int{0, 1, 3, 10, 100} {
		cs := []any{}
		for i := range n {
			cs = append(cs, map[string]any{"name": string(rune('a' + i%26)), "image": "registry.example.com/team/app:1." + string(rune('0'+i%3)), "imagePullPolicy": "IfNotPresent"})
		}
		r, _ := harness.NewReview(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "x"}, "spec": map[string]any{"containers": cs}}, nil)
		if n == 0 {
			r, _ = harness.NewReview(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "x"}}, nil)
		}
		b.Run(string(rune('0'+n)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := e.Judge(b.Context(), harness.Input{Reviews: []harness.Review{r}})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
