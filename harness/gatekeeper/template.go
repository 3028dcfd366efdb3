// Package gatekeeper writes the policies as Gatekeeper takes them: a ConstraintTemplate, and the suite with which gator
// runs the fixtures.
package gatekeeper

import (
	"context"
	"fmt"

	"github.com/open-policy-agent/opa/v1/bundle"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// Kind is the kind of the Constraints.
const Kind = "K8sImagePullPolicy"

// name is that of the template; Gatekeeper wants the kind, in lower case.
const name = "k8simagepullpolicy"

// Files returns what is generated for Gatekeeper, by the paths below bundle/: the ConstraintTemplate of the engine's
// policies with its metadata for Artifact Hub, and the suite that runs the fixtures through gator. The schema is the
// engine's.
func Files(ctx context.Context, engine *harness.Engine, schema map[string]any, cases []*fixture.Case) (map[string][]byte, error) {
	files, err := suite(ctx, engine, schema, cases)
	if err != nil {
		return nil, fmt.Errorf("write suite for gator: %w", err)
	}
	if files["gatekeeper/template.yaml"], err = Template(engine.Policies(), schema); err != nil {
		return nil, fmt.Errorf("write ConstraintTemplate: %w", err)
	}
	// Artifact Hub wants it beside the metadata; there it is a link.
	files["artifacthub/template.yaml"] = files["gatekeeper/template.yaml"]
	if files["artifacthub/artifacthub-pkg.yml"], err = Package(files["gatekeeper/template.yaml"], engine.Rules()); err != nil {
		return nil, fmt.Errorf("write metadata for Artifact Hub: %w", err)
	}
	return files, nil
}

// Template returns the ConstraintTemplate of policies as YAML. Its Constraints' parameters have the JSON Schema of the
// policies' own, as far as a CustomResourceDefinition can say it.
func Template(policies *bundle.Bundle, schema map[string]any) ([]byte, error) {
	moved, err := move(policies)
	if err != nil {
		return nil, err
	}
	release, _ := policies.Manifest.Metadata["version"].(string)
	return encode(object{
		{"apiVersion", "templates.gatekeeper.sh/v1"},
		{"kind", "ConstraintTemplate"},
		{"metadata", object{
			{"name", name},
			{"annotations", object{
				{"metadata.gatekeeper.sh/title", "Image pull policies"},
				{"metadata.gatekeeper.sh/version", release},
				{"description", "Finds mistakes in imagePullPolicy: what the API server stores where none is " +
					"declared, and what the kubelet then does."},
			}},
		}},
		{"spec", object{
			{"crd", object{{"spec", object{
				{"names", object{{"kind", Kind}}},
				{"validation", object{{"openAPIV3Schema", plain(structural(schema))}}},
			}}}},
			{"targets", []any{object{
				{"target", "admission.k8s.gatekeeper.sh"},
				{"code", []any{object{
					{"engine", "Rego"},
					{"source", object{
						{"version", "v1"},
						{"rego", moved.entry},
						{"libs", moved.libs},
					}},
				}}},
			}}},
		}},
	})
}
