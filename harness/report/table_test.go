package report_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

// found is a report with a bit of everything, of which no word changes when a rule does.
var found = report.Report{
	Violations: []report.Finding{
		{File: "web.yaml", Line: 7, Violation: harness.Violation{
			Rule: "tag-mutable", Severity: "warning", Msg: "tag-mutable: container \"app\" uses nginx, whose implied tag moves",
		}},
		{File: "web.yaml", Line: 112, Violation: harness.Violation{
			Rule: "policy-missing", Severity: "error", Msg: "policy-missing: container \"db\" declares no policy",
		}},
		{File: "z/\x1b[2J.yaml", Line: 1, Violation: harness.Violation{
			Rule: "image-invalid", Severity: "error", Msg: "image-invalid: container \"a\" has the image  \x1b]0;b\a, which is none",
		}},
	},
	Exempted: []report.Finding{
		{File: "web.yaml", Line: 9, Violation: harness.Violation{
			Rule: "tag-mutable", Severity: "warning", Msg: "tag-mutable: container \"old\" uses x:latest", Reason: "it goes soon",
		}},
	},
	Summary: report.Summary{Files: 2, Objects: 1, Images: 4, Errors: 2, Warnings: 1, Exempted: 1, Unreadable: 1},
}

func TestReportTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		report report.Report
		style  report.Style
		want   string
	}{
		"nothing": {want: "0 files, 0 objects, 0 images: 0 errors, 0 warnings\n"},
		"plain": {report: found, want: `web.yaml
    7  warning  tag-mutable     container "app" uses nginx, whose implied tag moves
  112  error    policy-missing  container "db" declares no policy

z/\x1b[2J.yaml
    1  error    image-invalid   container "a" has the image  \x1b]0;b\a, which is none

Exempted, and not counted:

web.yaml
    9  warning  tag-mutable     container "old" uses x:latest (exempted: it goes soon)

2 files, 1 object, 4 images: 2 errors, 1 warning, 1 exempted, 1 unreadable
`},
		"wide terminal": {report: found, style: report.Style{Width: 80}, want: `web.yaml
    7  warning  tag-mutable     container "app" uses nginx, whose implied tag
                                moves
  112  error    policy-missing  container "db" declares no policy

z/\x1b[2J.yaml
    1  error    image-invalid   container "a" has the image  \x1b]0;b\a, which
                                is none

Exempted, and not counted:

web.yaml
    9  warning  tag-mutable     container "old" uses x:latest (exempted: it goes
                                soon)

2 files, 1 object, 4 images: 2 errors, 1 warning, 1 exempted, 1 unreadable
`},
		"narrow terminal": {report: found, style: report.Style{Width: 40}, want: `web.yaml
    7  warning  tag-mutable
    container "app" uses nginx, whose
    implied tag moves
  112  error    policy-missing
    container "db" declares no policy

z/\x1b[2J.yaml
    1  error    image-invalid
    container "a" has the image
    \x1b]0;b\a, which is none

Exempted, and not counted:

web.yaml
    9  warning  tag-mutable
    container "old" uses x:latest
    (exempted: it goes soon)

2 files, 1 object, 4 images: 2 errors, 1 warning, 1 exempted, 1 unreadable
`},
		"findings without a place": {
			report: report.Report{Violations: []report.Finding{{Violation: harness.Violation{
				Rule: "input-invalid", Severity: "error", Msg: "input-invalid: the policies have lost their METADATA",
			}}}},
			want: "    error  input-invalid  the policies have lost their METADATA\n\n" +
				"0 files, 0 objects, 0 images: 0 errors, 0 warnings\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, table(t, &test.report, test.style))
		})
	}
}

func TestColorChangesNothingElse(t *testing.T) {
	t.Parallel()
	painted := table(t, &found, report.Style{Width: 80, Color: true})
	assert.Contains(t, painted, "\x1b[31merror\x1b[")
	assert.NotContains(t, painted, "\x1b[2J", "a file name is obeyed")

	var plain strings.Builder
	for i, part := range strings.Split(painted, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		plain.WriteString(part)
	}
	assert.Equal(t, table(t, &found, report.Style{Width: 80}), plain.String())
}

func TestExplainedTable(t *testing.T) {
	t.Parallel()
	in := `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  initContainers:
    - {name: migrate, image: "corp/tool:1"}
  containers:
    - {name: app, image: nginx:latest}
    - {name: pinned, image: "nginx@sha256:` + strings.Repeat("0", 64) + `", imagePullPolicy: Never}
    - {name: bad, image: nginx, imagePullPolicy: Sometimes}
    - {name: none}
---
a: {{ .b }}
`
	run := report.Run{Engine: newEngine(t), Stdin: strings.NewReader(in)}
	explained, err := run.Explain(t.Context(), []string{"-"})
	require.NoError(t, err)
	assert.Equal(t, `-
   6  corp/tool:1
      used by                     Pod shop/web, initContainers "migrate"
      policy                      IfNotPresent, defaulted: the tag is not latest
      advice                      write imagePullPolicy: IfNotPresent, because it is the default of the image
      not on node                 pulls the image
      not on node, registry down  waits with ErrImagePull
      on node                     runs the node's copy
      on node, other credentials  asks the registry, with the Pod's own credentials
      on node, tag moved          runs the node's old copy
      on node, registry down      runs the node's copy

   8  nginx:latest
      used by                     Pod shop/web, containers "app"
      policy                      Always, defaulted: the tag is latest
      advice                      write imagePullPolicy: Always, because it is the default of the image
      not on node                 pulls the image
      not on node, registry down  waits with ErrImagePull
      on node                     asks the registry, and pulls what the node lacks
      on node, other credentials  asks the registry, with the Pod's own credentials
      on node, tag moved          pulls the new content
      on node, registry down      waits with ErrImagePull

   9  nginx@sha256:`+strings.Repeat("0", 64)+`
      used by                     Pod shop/web, containers "pinned"
      policy                      Never, declared: it is written in the manifest (the default is IfNotPresent)
      not on node                 waits with ErrImageNeverPull
      not on node, registry down  waits with ErrImageNeverPull
      on node                     runs the node's copy
      on node, other credentials  waits with ErrImageNeverPull
      on node, registry down      runs the node's copy

  10  nginx
      used by                     Pod shop/web, containers "bad"
      policy                      Sometimes, declared: it is not a valid policy (the default is Always)
      advice                      write imagePullPolicy: Always, because it is the default of the image
      at start                    never: the API server rejects the object: Sometimes is not a valid policy

  11  no image
      used by                     Pod shop/web, containers "none"
      policy                      IfNotPresent, defaulted: the reference does not parse
      at start                    never: the API server rejects the object: the image is missing

5 images, 1 unreadable
`, table(t, explained, report.Style{}))
}

// What is filled in later leaves no holes in the text.
func TestExplainedTableOfPlaceholders(t *testing.T) {
	t.Parallel()
	in := `apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  steps:
    - {name: a, image: $(params.image)}
    - {name: b, image: $(params.image), imagePullPolicy: Never}
    - {name: c, image: "corp/tool:1", imagePullPolicy: $(params.policy)}
`
	run := report.Run{Engine: newEngine(t), Stdin: strings.NewReader(in)}
	explained, err := run.Explain(t.Context(), []string{"-"})
	require.NoError(t, err)
	written := table(t, explained, report.Style{})
	for _, line := range []string{
		"policy                      not declared: it depends on the image, which is filled in later",
		"at start                    not known: the policy depends on the image, which is filled in later",
		"policy                      Never, declared: it is written in the manifest",
		"policy                      $(params.policy), declared: it is filled in later (the default is IfNotPresent)",
		"at start                    not known: the policy is filled in later",
	} {
		assert.Contains(t, written, " "+line+"\n")
	}
}

func TestRulesTable(t *testing.T) {
	t.Parallel()
	rules := &report.Rules{
		Profiles: []string{"baseline", "strict"},
		Rules: []harness.Rule{
			{
				ID: "digest-missing", Title: "Image not pinned by digest", Description: "A tag moves.\nA digest does not.\n\nSo pin it.",
				Severities: map[string]string{"baseline": "off", "strict": "error"},
			},
			{ID: "tag-mutable", Title: "Tag that moves", Description: "It does.", Severities: map[string]string{"baseline": "warning", "strict": "error"}},
		},
	}
	assert.Equal(t, `rule            baseline  strict
digest-missing  off       error   Image not pinned by digest
tag-mutable     warning   error   Tag that moves
`, table(t, rules, report.Style{Width: 60}))
	assert.Equal(t, `rule            baseline  strict
digest-missing  off       error
  Image not pinned by digest
tag-mutable     warning   error
  Tag that moves
`, table(t, rules, report.Style{Width: 50}))

	var details strings.Builder
	require.NoError(t, rules.WriteDetails(&details, report.Style{}))
	assert.Equal(t, `digest-missing: Image not pinned by digest

  A tag moves. A digest does not.

  So pin it.

  baseline  strict
  off       error

tag-mutable: Tag that moves

  It does.

  baseline  strict
  warning   error
`, details.String())
}

func TestWritersReportWhatTheyCannotWrite(t *testing.T) {
	t.Parallel()
	_, full := io.Pipe()
	require.NoError(t, full.CloseWithError(io.ErrShortWrite))
	for name, result := range map[string]interface {
		WriteJSON(io.Writer) error
		WriteTable(io.Writer, report.Style) error
	}{"report": &report.Report{}, "explained": &report.Explained{}, "rules": &report.Rules{}} {
		assert.Error(t, result.WriteJSON(full), name)
		assert.Error(t, result.WriteTable(full, report.Style{}), name)
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		`C:\tmp "a" é 日本`:        `C:\tmp "a" é 日本`,
		"\x1b[2J\r\n":            `\x1b[2J\r\n`,
		"\"\x00\xff\uFFFD\\x00":  `"\x00\xff�\x00`,
		"user\u202Etxt\u00a0end": `user\u202etxt\u00a0end`,
	} {
		assert.Equal(t, want, report.Printable(text))
	}
}

func table(t *testing.T, result interface {
	WriteTable(io.Writer, report.Style) error
}, style report.Style) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, result.WriteTable(&out, style))
	return out.String()
}
