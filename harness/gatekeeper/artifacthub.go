package gatekeeper

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
)

// released says when a version of the policies was made, which Artifact Hub wants to know and nothing else does.
var released = map[string]string{
	"0.1.0": "2026-11-27T00:00:00Z",
}

// Package returns the metadata with which Artifact Hub lists a ConstraintTemplate
// (https://github.com/artifacthub/hub/blob/master/docs/metadata/artifacthub-pkg.yml). It reads the package again when
// the digest changes, which is the template's.
func Package(template []byte, rules []harness.Rule) ([]byte, error) {
	var read struct {
		Metadata struct {
			Name        string
			Annotations map[string]string
		}
	}
	if err := yaml.Unmarshal(template, &read); err != nil {
		return nil, fmt.Errorf("read ConstraintTemplate: %w", err)
	}
	annotations := read.Metadata.Annotations
	version := annotations["metadata.gatekeeper.sh/version"]
	created, ok := released[version]
	if !ok {
		return nil, fmt.Errorf("nobody has written down when version %q was made", version)
	}
	digest := sha256.Sum256(template)
	return encode(object{
		{"version", version},
		{"name", read.Metadata.Name},
		{"displayName", annotations["metadata.gatekeeper.sh/title"]},
		{"createdAt", created},
		{"description", annotations["description"]},
		{"digest", hex.EncodeToString(digest[:])},
		{"category", "security"},
		{"license", "Apache-2.0"},
		{"homeURL", homeURL},
		{"keywords", []string{"gatekeeper", "open-policy-agent", "policies", "imagePullPolicy", "images"}},
		{"readme", literal(manual(annotations, rules))},
		{"install", literal(install)},
	})
}

const homeURL = "https://github.com/pullpolicy/pullpolicy"

const install = "In a checkout of " + homeURL + `:

` + "```shell" + `
kubectl apply --server-side -f bundle/gatekeeper
kubectl apply --server-side -f bundle/gatekeeper/constraints
` + "```" + `

The first Constraint denies errors, the second warns. Others are in bundle/constraints.
`

// manual is what Artifact Hub shows: the rules with their severity in the profile that holds where none is given.
func manual(annotations map[string]string, rules []harness.Rule) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s\n\n%s\n\n", annotations["metadata.gatekeeper.sh/title"], annotations["description"])
	fmt.Fprintf(&text, "One ConstraintTemplate, many Constraints. Their parameters name a profile, and what differs from it.\n\n")
	fmt.Fprintf(&text, "| rule | %s | finds |\n| --- | --- | --- |\n", harness.Profiles()[0])
	for _, rule := range rules {
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", rule.ID, rule.Severities[harness.Profiles()[0]], rule.Title)
	}
	return text.String()
}
