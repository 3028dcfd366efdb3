package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/policies"
)

// embedded is an engine of the policies that the module ships. Nothing changes it, so all tests share one.
var embedded = sync.OnceValues(func() (*harness.Engine, error) { return harness.New(context.Background()) })

func newEngine(t testing.TB, opts ...harness.Option) *harness.Engine {
	t.Helper()
	if len(opts) == 0 {
		engine, err := embedded()
		require.NoError(t, err)
		return engine
	}
	engine, err := harness.New(t.Context(), opts...)
	require.NoError(t, err)
	return engine
}

// pod is a Pod whose containers have these images and policies, in pairs.
func pod(imagesAndPolicies ...string) map[string]any {
	containers := []any{}
	for pair := range slices.Chunk(imagesAndPolicies, 2) {
		containers = append(containers, map[string]any{
			"name": fmt.Sprintf("c%d", len(containers)), "image": pair[0], "imagePullPolicy": pair[1],
		})
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "web", "namespace": "shop"},
		"spec":     map[string]any{"containers": containers},
	}
}

func review(t testing.TB, object any) harness.Review {
	t.Helper()
	review, err := harness.NewReview(object, nil)
	require.NoError(t, err)
	return review
}

func TestJudge(t *testing.T) {
	engine := newEngine(t)
	zero := 0
	verdict, err := engine.Judge(t.Context(), harness.Input{
		Reviews: []harness.Review{review(t, pod("nginx:latest", "IfNotPresent", "nginx:1", "Never"))},
		Parameters: harness.Parameters{
			Rules:      map[string]string{"tag-mutable": "off"},
			Exemptions: []harness.Exemption{{Rules: []string{"never-*"}, Reason: "baked into the node"}},
		}.Value(),
	})
	require.NoError(t, err)

	assert.Equal(t, 1, verdict.Objects)
	assert.Equal(t, 2, verdict.Images)
	assert.Equal(t, []harness.Violation{{
		Review: &zero, Rule: "mutable-tag-cached", Severity: harness.SeverityError,
		Msg: `mutable-tag-cached: container "c0" has tag latest and IfNotPresent, so nodes keep old content; ` +
			`pin a version, or write imagePullPolicy: Always`,
		Path: "spec.containers[0].imagePullPolicy", Kind: "Pod", Namespace: "shop", Name: "web",
		Container: "c0", List: "containers", Image: "nginx:latest",
		Declared: "IfNotPresent", Effective: "IfNotPresent", Default: "Always",
		Remedy: "pin a version, or write imagePullPolicy: Always",
		Patch:  &harness.Patch{Op: "add", Path: "/spec/containers/0/imagePullPolicy", Value: "Always"},
	}}, verdict.Violations)
	require.Len(t, verdict.Exempted, 1)
	assert.Equal(t, "never-not-preloaded", verdict.Exempted[0].Rule)
	assert.Equal(t, "baked into the node", verdict.Exempted[0].Reason)
}

func TestJudgeAnUpdate(t *testing.T) {
	update, err := harness.NewReview(pod("my-image:my-release", "Always"), pod("my-image:latest", "Always"))
	require.NoError(t, err)
	verdict, err := newEngine(t).Judge(t.Context(), harness.Input{Reviews: []harness.Review{update}})
	require.NoError(t, err)
	require.Len(t, verdict.Violations, 1)
	assert.Equal(t, "policy-stale", verdict.Violations[0].Rule)
}

func TestExplain(t *testing.T) {
	explanations, err := newEngine(t).Explain(t.Context(), harness.Input{
		Reviews: []harness.Review{review(t, pod("nginx", "")), review(t, pod("Nginx", "Never"))},
	})
	require.NoError(t, err)
	require.Len(t, explanations, 2)
	assert.Equal(t, harness.Explanation{
		Review: 0, Path: "spec.containers[0]", Kind: "Pod", Namespace: "shop", Name: "web",
		List: "containers", Container: "c0", Image: "nginx",
		Reference: harness.Reference{
			Valid: true, Domain: "docker.io", Path: "library/nginx", Name: "docker.io/library/nginx",
		},
		Default: "Always", Effective: "Always", Origin: "defaulted", Why: "no tag means latest",
		Outcomes: harness.Outcomes{
			Absent: "pulled", AbsentRegistryDown: "ErrImagePull", Cached: "pulled", OtherCredentials: "pulled",
			Moved: "pulled", RegistryDown: "ErrImagePull",
		},
		Advice: &harness.Advice{Field: "imagePullPolicy", Policy: "Always", Why: "it is the default of the image"},
	}, explanations[0])
	assert.Equal(t, "InvalidImageName", explanations[1].Outcomes.Cached)
	assert.Equal(t, "the image has upper-case letters in the repository", explanations[1].Obstacle)
}

// TestFolderJudgesAlike demands one answer of the embedded policies and a folder of them.
func TestFolderJudgesAlike(t *testing.T) {
	folder, err := harness.LoadFS(os.DirFS("../policies"))
	require.NoError(t, err)
	input := harness.Input{Reviews: []harness.Review{review(t, pod("nginx", "", "nginx:1", "always"))}}
	want, err := newEngine(t).Judge(t.Context(), input)
	require.NoError(t, err)
	got, err := newEngine(t, harness.WithPolicies(folder)).Judge(t.Context(), input)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestLoadRefuses(t *testing.T) {
	_, err := harness.LoadBundle(strings.NewReader("no bundle"))
	require.ErrorContains(t, err, "read policies: ")
	_, err = harness.LoadFS(fstest.MapFS{"README.md": {Data: []byte("hello")}})
	require.ErrorContains(t, err, "no Rego module")
	_, err = harness.LoadFS(fstest.MapFS{"a.rego": {Data: []byte("package a\n\nb if {")}})
	require.ErrorContains(t, err, "a.rego:3")
}

// TestNoAnswerIsAnError checks with policies that lack the entrypoints.
func TestNoAnswerIsAnError(t *testing.T) {
	loaded, err := harness.LoadFS(fstest.MapFS{"a.rego": {Data: []byte("package a\n\nb := 1\n")}})
	require.NoError(t, err)
	_, err = newEngine(t, harness.WithPolicies(loaded)).Judge(t.Context(), harness.Input{})
	require.ErrorIs(t, err, harness.ErrUndefined)
}

// TestLostMetadataDoesNotCompile strips the comments, without which no rule would have a severity.
func TestLostMetadataDoesNotCompile(t *testing.T) {
	stripped := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(policies.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".rego") {
			return err
		}
		text, err := fs.ReadFile(policies.FS, name)
		lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "#")
		})
		stripped[name] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
		return err
	}))
	loaded, err := harness.LoadFS(stripped)
	require.NoError(t, err)

	_, err = harness.New(t.Context(), harness.WithPolicies(loaded))
	require.ErrorContains(t, err, "undefined ref: rego.metadata.chain()")
}

func TestJudgeHonoursTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newEngine(t).Judge(ctx, harness.Input{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestJudgeConcurrently(t *testing.T) {
	engine := newEngine(t)
	input := harness.Input{Reviews: []harness.Review{review(t, pod("nginx", "", "busybox:latest", "Never"))}}
	want, err := engine.Judge(t.Context(), input)
	require.NoError(t, err)

	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				got, err := engine.Judge(t.Context(), input)
				if assert.NoError(t, err) {
					assert.Equal(t, want, got)
				}
			}
		})
	}
	group.Wait()
}

// TestRulesAreComplete holds the METADATA of every rule to its contract.
func TestRulesAreComplete(t *testing.T) {
	entries, err := fs.ReadDir(policies.FS, "pullpolicy/rules")
	require.NoError(t, err)
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, strings.ReplaceAll(entry.Name(), "_", "-"))
			files, err := fs.ReadDir(policies.FS, "pullpolicy/rules/"+entry.Name())
			require.NoError(t, err)
			require.Len(t, files, 2, entry.Name())
			assert.Equal(t, entry.Name()+".rego", files[0].Name())
			assert.Equal(t, entry.Name()+"_test.rego", files[1].Name())
		}
	}

	var ids []string
	for _, rule := range newEngine(t).Rules() {
		ids = append(ids, rule.ID)
		assert.NotEmpty(t, rule.Title, rule.ID)
		assert.True(t, strings.HasSuffix(rule.Description, "."), "the description of %s is not a sentence", rule.ID)
		assert.Len(t, rule.Severities, len(harness.Profiles()), rule.ID)
		for _, profile := range harness.Profiles() {
			assert.Contains(t, []string{"error", "warning", "off"}, rule.Severities[profile], "%s in %s", rule.ID, profile)
		}
	}
	assert.Equal(t, folders, ids)
}

// TestSchemaIsTheParametersSource compares the schema with the Go types and the profiles.
func TestSchemaIsTheParametersSource(t *testing.T) {
	schema, err := newEngine(t).Schema(t.Context())
	require.NoError(t, err)

	properties := schema["properties"].(map[string]any)
	profiles := properties["profile"].(map[string]any)["enum"].([]any)
	assert.ElementsMatch(t, harness.Profiles(), profiles)

	assert.ElementsMatch(t, keys(properties), fields(reflect.TypeFor[harness.Parameters]()))
	for key, typ := range map[string]reflect.Type{
		"policies":   reflect.TypeFor[harness.PolicyOverride](),
		"podSpecs":   reflect.TypeFor[harness.PodSpecKind](),
		"images":     reflect.TypeFor[harness.ImageKind](),
		"exemptions": reflect.TypeFor[harness.Exemption](),
	} {
		items := properties[key].(map[string]any)["items"].(map[string]any)
		assert.ElementsMatch(t, keys(items["properties"].(map[string]any)), fields(typ), key)
	}
}

func TestExplainOnANode(t *testing.T) {
	engine := newEngine(t)
	in := harness.Input{Reviews: []harness.Review{review(t, pod("nginx:1", "Always", "nginx:1", "Never"))}}
	for name, test := range map[string]struct {
		node   any
		always harness.Start
		never  harness.Start
	}{
		"empty": {
			map[string]any{},
			harness.Start{Pull: true, Outcome: "pulled", Why: "Always asks at each start"},
			harness.Start{Outcome: "ErrImageNeverPull", Why: "the node does not have the image"},
		},
		"with the image, and without the registry": {
			map[string]any{"images": []any{map[string]any{"name": "nginx:1"}}, "registry": "unavailable"},
			harness.Start{Pull: true, Outcome: "RegistryUnavailable", Why: "Always asks at each start", Retry: "ImagePullBackOff"},
			harness.Start{Outcome: "cached", Why: "the node has the image"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			node, err := ast.InterfaceToValue(test.node)
			require.NoError(t, err)
			in.Node = node
			explanations, err := engine.Explain(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, explanations, 2)
			assert.Equal(t, &test.always, explanations[0].Start)
			assert.Equal(t, &test.never, explanations[1].Start)
		})
	}
}

func TestExplainRefusesANode(t *testing.T) {
	node, err := ast.InterfaceToValue(map[string]any{"registry": "down", "credentials": "mine"})
	require.NoError(t, err)
	_, err = newEngine(t).Explain(t.Context(), harness.Input{Node: node})
	misfit, ok := errors.AsType[*harness.NodeError](err)
	require.True(t, ok)
	assert.Equal(t, "node.credentials", misfit.Path, "the first one")
	assert.EqualError(t, misfit, `node.credentials: "mine" is not one of none, same, same-content, rotated, other`)
}

func TestInputIsTheCanonicalOne(t *testing.T) {
	encoded, err := json.Marshal(harness.Input{
		Reviews:    []harness.Review{review(t, map[string]any{"kind": "Pod"})},
		Parameters: harness.Parameters{Profile: "strict"}.Value(),
		Node:       ast.NewObject(),
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"reviews": [{"object": {"kind": "Pod"}}], "parameters": {"profile": "strict"}, "node": {}}`, string(encoded))
}

func keys(object map[string]any) []string {
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	return keys
}

func fields(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
