package harness_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pullpolicy/pullpolicy/harness"
)

func Example() {
	ctx := context.Background()
	engine, err := harness.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	pod := map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web"},
		"spec": map[string]any{"containers": []any{
			map[string]any{"name": "app", "image": "nginx:dev", "imagePullPolicy": "IfNotPresent"},
		}},
	}
	review, err := harness.NewReview(pod, nil)
	if err != nil {
		log.Fatal(err)
	}
	verdict, err := engine.Judge(ctx, harness.Input{
		Reviews:    []harness.Review{review},
		Parameters: harness.Parameters{MutableTags: []string{"dev"}}.Value(),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, violation := range verdict.Violations {
		fmt.Println(violation.Severity, violation.Rule, violation.Path, violation.Remedy)
	}
	// Output:
	// warning tag-mutable spec.containers[0].image pin a version or digest (crane digest IMAGE)
	// error mutable-tag-cached spec.containers[0].imagePullPolicy pin a version, or write imagePullPolicy: Always
}
