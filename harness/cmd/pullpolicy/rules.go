package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func rulesCommand() *cobra.Command {
	var output output
	var policies policies
	cmd := &cobra.Command{
		Use:   "rules [ID]",
		Short: "List the rules, or describe one",
		Long: `rules lists the rules, with the severity that each has in each profile. With an
ID, it describes that rule.`,
		Example: `  pullpolicy rules
  pullpolicy rules mutable-tag-cached
  pullpolicy rules -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			engine, err := policies.engine(cmd.Context())
			if err != nil {
				return err
			}
			rules := &report.Rules{Rules: engine.Rules(), Profiles: harness.Profiles()}
			if len(args) == 0 {
				return output.write(cmd, rules)
			}
			rule, err := ruleOf(rules.Rules, args[0])
			if err != nil {
				return err
			}
			rules.Rules = []harness.Rule{rule}
			return output.write(cmd, details{rules})
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			engine, err := policies.engine(cmd.Context())
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var ids []cobra.Completion
			for _, rule := range engine.Rules() {
				ids = append(ids, cobra.CompletionWithDesc(rule.ID, rule.Title))
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
	output.flags(cmd)
	policies.flags(cmd)
	return cmd
}

// details are rules whose table tells all about each.
type details struct{ *report.Rules }

func (d details) WriteTable(w io.Writer, style report.Style) error { return d.WriteDetails(w, style) }

func ruleOf(rules []harness.Rule, id string) (harness.Rule, error) {
	i := slices.IndexFunc(rules, func(r harness.Rule) bool { return r.ID == id })
	if i >= 0 {
		return rules[i], nil
	}
	if close := closeTo(rules, id); len(close) > 0 {
		return harness.Rule{}, fmt.Errorf("no rule %q; is it %s?", id, strings.Join(close, " or "))
	}
	return harness.Rule{}, fmt.Errorf("no rule %q; see pullpolicy rules", id)
}

// closeTo returns the ids that id may be meant for, the closest first.
func closeTo(rules []harness.Rule, id string) []string {
	distance := func(a string) int { return levenshtein.ComputeDistance(a, id) }
	var close []string
	for _, rule := range rules {
		if id != "" && strings.Contains(rule.ID, id) || distance(rule.ID) <= len(id)/3 {
			close = append(close, rule.ID)
		}
	}
	slices.SortStableFunc(close, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return close
}
