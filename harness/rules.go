package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// Profiles returns the names of the profiles, the default first.
func Profiles() []string {
	return []string{"baseline", "strict", "always", "airgapped", "multi-tenant"}
}

// A Rule is what the METADATA of a rule's package says of it.
type Rule struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// Message is the sentence of its findings, with {placeholders} for what differs.
	Message string `json:"message"`
	// Severities are "error", "warning" or "off", by profile.
	Severities map[string]string `json:"severities"`
	// Applies says where the rule applies, by place: "yes", or the objects to which it applies there.
	Applies map[string]string `json:"applies"`
}

// Places returns where the policies check, in the order in which an object comes by.
func Places() []string { return []string{"ci", "admission", "audit"} }

var rulesPath = ast.MustParseRef("data.pullpolicy.rules")

// Rules returns the rules of the Engine's policies, sorted by id.
func (e *Engine) Rules() []Rule {
	if !e.made() {
		return nil
	}
	return Rules(e.bundle)
}

// Rules returns the rules in policies, sorted by id.
func Rules(policies *bundle.Bundle) []Rule {
	var rules []Rule
	if policies == nil {
		return nil
	}
	for _, file := range policies.Modules {
		path := file.Parsed.Package.Path
		if len(path) != len(rulesPath)+1 || !path.HasPrefix(rulesPath) {
			continue
		}
		for _, annotations := range file.Parsed.Annotations {
			if annotations.Scope == "package" {
				rules = append(rules, ruleOf(path, annotations))
			}
		}
	}
	slices.SortFunc(rules, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return rules
}

func ruleOf(path ast.Ref, annotations *ast.Annotations) Rule {
	name := string(path[len(path)-1].Value.(ast.String))
	rule := Rule{
		ID:          strings.ReplaceAll(name, "_", "-"),
		Title:       annotations.Title,
		Description: strings.TrimSpace(annotations.Description),
		Message:     text(annotations.Custom["message"]),
		Severities:  texts(annotations.Custom["severity"]),
		Applies:     texts(annotations.Custom["applies"]),
	}
	return rule
}

func text(annotation any) string {
	text, _ := annotation.(string)
	return text
}

func texts(annotation any) map[string]string {
	texts := map[string]string{}
	values, _ := annotation.(map[string]any)
	for key, value := range values {
		texts[key] = fmt.Sprint(value)
	}
	return texts
}
