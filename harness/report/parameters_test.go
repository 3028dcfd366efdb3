package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

func TestParametersJudge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		parameters string
		profile    string
		want       []string
	}{
		"none":            {"", "", []string{"-:7 tag-mutable", "-:8 mutable-tag-cached"}},
		"without a key":   {"rules: {tag-mutable: off}\n", "", []string{"-:8 mutable-tag-cached"}},
		"with the key":    {"pullpolicy_parameters:\n  rules: {tag-mutable: off}\n", "", []string{"-:8 mutable-tag-cached"}},
		"JSON":            {`{"rules": {"tag-mutable": "off"}}`, "", []string{"-:8 mutable-tag-cached"}},
		"others' data":    {"other: 1\npullpolicy_parameters: {rules: {tag-mutable: off}}\n", "", []string{"-:8 mutable-tag-cached"}},
		"profile":         {"profile: strict\n", "", []string{"-:7 digest-missing", "-:7 tag-mutable", "-:8 mutable-tag-cached"}},
		"profile by flag": {"", "strict", []string{"-:7 digest-missing", "-:7 tag-mutable", "-:8 mutable-tag-cached"}},
		"profile over the file's": {
			"profile: baseline\nrules: {tag-mutable: off}\n", "strict",
			[]string{"-:7 digest-missing", "-:8 mutable-tag-cached"},
		},
		"typo": {
			"profile: strict\nmutableTag: [a]\n", "",
			[]string{"-:7 tag-mutable", "-:8 mutable-tag-cached", "P:2 parameters-invalid"},
		},
		"typo below the key": {
			"pullpolicy_parameters:\n  exemptions:\n    - reason: old\n      rule: [a]\n", "",
			[]string{"-:7 tag-mutable", "-:8 mutable-tag-cached", "P:4 parameters-invalid"},
		},
		"nothing below the key": {
			"\npullpolicy_parameters:\n", "strict",
			[]string{"-:7 digest-missing", "-:7 tag-mutable", "-:8 mutable-tag-cached"},
		},
		"no mapping below the key": {
			"\npullpolicy_parameters: strict\n", "strict",
			[]string{"-:7 tag-mutable", "-:8 mutable-tag-cached", "P:2 parameters-invalid"},
		},
		"misspelt key": {
			"pull_policy_parameters: {}\n", "",
			[]string{"-:7 tag-mutable", "-:8 mutable-tag-cached", "P:1 parameters-invalid"},
		},
	}
	engine := newEngine(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, t.TempDir(), "parameters.yaml", test.parameters)
			parameters, err := report.ReadParameters(path)
			require.NoError(t, err)
			if test.profile != "" {
				parameters = parameters.WithProfile(test.profile)
			}
			run := report.Run{Engine: engine, Parameters: parameters, Stdin: strings.NewReader(mistaken)}
			checked, err := run.Check(t.Context(), []string{"-"})
			require.NoError(t, err)
			for i := range checked.Violations {
				if checked.Violations[i].File == path {
					checked.Violations[i].File = "P"
				}
			}
			assert.Equal(t, test.want, places(checked.Violations))
		})
	}
}

func TestParametersThatDoNotFitAreReportedOnce(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "parameters.yaml", "profil: strict\n")
	parameters, err := report.ReadParameters(path)
	require.NoError(t, err)
	for _, in := range []string{"", strings.Repeat("a: 1\n---\n", 200)} {
		run := report.Run{Engine: newEngine(t), Parameters: parameters, Stdin: strings.NewReader(in)}
		checked, err := run.Check(t.Context(), []string{"-"})
		require.NoError(t, err)
		var misfits int
		for _, violation := range checked.Violations {
			if violation.Rule == "parameters-invalid" {
				misfits++
			}
		}
		assert.Equal(t, 1, misfits)
	}
}

func TestWithProfileChangesACopy(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "parameters.yaml", "rules: {}\n")
	parameters, err := report.ReadParameters(path)
	require.NoError(t, err)
	parameters.WithProfile("strict")

	run := report.Run{Engine: newEngine(t), Parameters: parameters, Stdin: strings.NewReader(mistaken)}
	checked, err := run.Check(t.Context(), []string{"-"})
	require.NoError(t, err)
	assert.Equal(t, []string{"-:7 tag-mutable", "-:8 mutable-tag-cached"}, places(checked.Violations))
}

func TestReadParametersRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ parameters, want string }{
		"bad syntax":         {"profile: strict\nrules: [\n", "parameters.yaml:2: "},
		"a list":             {"- profile\n", "parameters.yaml:1: document is a sequence, not a mapping"},
		"a second document":  {"profile: strict\n---\nprofile: strict\n", "parameters.yaml:3: is a second document"},
		"a duplicate key":    {"profile: strict\nprofile: baseline\n", "parameters.yaml:2: duplicate key"},
		"what is not a text": {"\x00", "parameters.yaml:1: is binary"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := report.ReadParameters(write(t, t.TempDir(), "parameters.yaml", test.parameters))
			assert.ErrorContains(t, err, test.want)
		})
	}
	t.Run("a missing file", func(t *testing.T) {
		t.Parallel()
		_, err := report.ReadParameters("missing.yaml")
		assert.EqualError(t, err, "missing.yaml: no such file or directory")
	})
}
