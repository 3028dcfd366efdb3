// Package document writes what ships beside the policies from the policies themselves: the schemas of the parameters
// and of a node's state, the rules' manual, and what the packages gatekeeper and vap add.
package document

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/gatekeeper"
	"github.com/pullpolicy/pullpolicy/harness/internal/generated"
	"github.com/pullpolicy/pullpolicy/harness/vap"
)

// Schema, NodeSchema and Rules are the files' paths below bundle/.
const (
	Schema     = "schemas/parameters.json"
	NodeSchema = "schemas/node.json"
	Rules      = "RULES.md"
)

// Files returns the generated files by their paths below bundle/. The examples in the manual are fixtures: for each
// rule the first that fires and the first that does not, in fixtures/rules/<rule-id>.
func Files(ctx context.Context, engine *harness.Engine, fixtures fs.FS) (map[string][]byte, error) {
	schema, err := engine.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", Schema, err)
	}
	parameters, err := encode(schema)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", Schema, err)
	}
	nodeSchema, err := engine.NodeSchema(ctx)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", NodeSchema, err)
	}
	node, err := encode(nodeSchema)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", NodeSchema, err)
	}
	rules, err := rules(engine, fixtures)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", Rules, err)
	}
	cases, err := fixture.LoadAll(fixtures)
	if err != nil {
		return nil, err
	}
	files, err := gatekeeper.Files(ctx, engine, schema, cases)
	if err != nil {
		return nil, err
	}
	native, err := vap.Files(ctx, engine.Policies(), schema)
	if err != nil {
		return nil, err
	}
	maps.Copy(files, native)
	maps.Copy(files, map[string][]byte{Schema: parameters, NodeSchema: node, Rules: rules})
	return files, nil
}

// encode writes a schema, marked as generated.
func encode(schema map[string]any) ([]byte, error) {
	schema = maps.Clone(schema)
	schema["$comment"] = generated.Mark

	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(schema)
	return text.Bytes(), err
}

//go:embed rules.md.tmpl
var rulesTemplate string

// A section is a rule with its examples.
type section struct {
	harness.Rule
	Failing, Passing example
}

type example struct {
	File, Sentence, Text string
}

func rules(engine *harness.Engine, fixtures fs.FS) ([]byte, error) {
	layout, err := template.New(Rules).Funcs(template.FuncMap{"letter": letter, "paragraphs": paragraphs}).Parse(rulesTemplate)
	if err != nil {
		return nil, err
	}
	var sections []section
	for _, rule := range engine.Rules() {
		s := section{Rule: rule}
		if s.Failing, s.Passing, err = examples(fixtures, rule.ID); err != nil {
			return nil, err
		}
		sections = append(sections, s)
	}
	var text bytes.Buffer
	err = layout.Execute(&text, map[string]any{
		"Generated": generated.Mark, "Profiles": harness.Profiles(), "Rules": sections,
		"Places": harness.Places(), "Groups": groupsOf(engine.Rules()),
	})
	return text.Bytes(), err
}

// A group is rules that apply in the same places.
type group struct {
	IDs     []string
	Applies map[string]string
}

// groupsOf groups the rules by where they apply, those that apply everywhere last.
func groupsOf(rules []harness.Rule) []group {
	var groups []group
	for _, rule := range rules {
		i := slices.IndexFunc(groups, func(g group) bool { return maps.Equal(g.Applies, rule.Applies) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{Applies: rule.Applies})
		}
		groups[i].IDs = append(groups[i].IDs, rule.ID)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return len(a.IDs) - len(b.IDs) })
	return groups
}

func examples(fixtures fs.FS, rule string) (failing, passing example, err error) {
	cases, err := fixture.Load(fixtures, "rules/"+rule)
	if err != nil {
		return failing, passing, err
	}
	for _, c := range cases {
		into := &passing
		if c.Fires(rule) {
			into = &failing
		}
		if into.File != "" {
			continue
		}
		text, err := fs.ReadFile(fixtures, c.File)
		if err != nil {
			return failing, passing, err
		}
		*into = example{c.File, c.Sentence, marked(string(text), rule)}
	}
	if failing.File == "" || passing.File == "" {
		return failing, passing, fmt.Errorf("%s: no fixture that fires, or none that does not", rule)
	}
	return failing, passing, nil
}

var want = regexp.MustCompile(`(?m)[ \t]+# want(.*)$`)

// marked is a fixture as an example: without its sentence, and with an arrow at what the rule finds.
func marked(text, rule string) string {
	_, text, _ = strings.Cut(text, "\n")
	text = want.ReplaceAllStringFunc(text, func(comment string) string {
		for _, id := range strings.Fields(want.FindStringSubmatch(comment)[1]) {
			if id == rule {
				return " # ◀ " + rule
			}
		}
		return ""
	})
	return strings.TrimSpace(text)
}

// paragraphs are a text's, each on one line.
func paragraphs(text string) string {
	var joined []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		joined = append(joined, strings.Join(strings.Fields(paragraph), " "))
	}
	return strings.Join(joined, "\n\n")
}

func letter(severity string) string {
	if severity == "off" {
		return "–"
	}
	return severity
}
