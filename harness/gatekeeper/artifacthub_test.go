package gatekeeper_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/gatekeeper"
)

// TestPackage holds Artifact Hub's metadata in step with the policies' manifest and the template.
func TestPackage(t *testing.T) {
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	schema, err := engine.Schema(t.Context())
	require.NoError(t, err)
	template, err := gatekeeper.Template(engine.Policies(), schema)
	require.NoError(t, err)
	text, err := gatekeeper.Package(template, engine.Rules())
	require.NoError(t, err)
	var read struct {
		Version, Name, DisplayName, CreatedAt, Description, Digest, License, Readme, Install string
	}
	require.NoError(t, yaml.Unmarshal(text, &read))

	digest := sha256.Sum256(template)
	assert.Equal(t, engine.Policies().Manifest.Metadata["version"], read.Version)
	assert.Equal(t, hex.EncodeToString(digest[:]), read.Digest)
	assert.Equal(t, "k8simagepullpolicy", read.Name)
	for field, value := range map[string]string{
		"displayName": read.DisplayName, "description": read.Description, "license": read.License, "install": read.Install,
	} {
		assert.NotEmpty(t, value, field)
	}
	_, err = time.Parse(time.RFC3339, read.CreatedAt)
	require.NoError(t, err)
	for _, rule := range engine.Rules() {
		assert.Contains(t, read.Readme, "`"+rule.ID+"` | "+rule.Severities["baseline"]+" | "+rule.Title+" |")
	}
}

// TestPackageLiesBesideTheTemplate holds that Artifact Hub, which reads template.yaml in the folder of the metadata,
// finds the template there that is shipped.
func TestPackageLiesBesideTheTemplate(t *testing.T) {
	beside, err := os.ReadFile("../../bundle/artifacthub/template.yaml")
	require.NoError(t, err)
	shipped, err := os.ReadFile("../../bundle/gatekeeper/template.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(shipped), string(beside))
}

func TestPackageRefuses(t *testing.T) {
	for name, test := range map[string]struct{ template, want string }{
		"a version of no date": {
			"metadata: {annotations: {metadata.gatekeeper.sh/version: 999.0.0}}", `nobody has written down when version "999.0.0" was made`,
		},
		"what is not YAML": {"{{", "read ConstraintTemplate: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gatekeeper.Package([]byte(test.template), nil)
			require.ErrorContains(t, err, test.want)
		})
	}
}
