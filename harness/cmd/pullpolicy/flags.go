package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

// A choice is a flag with few values.
type choice struct {
	value  string
	values []string
}

func (c *choice) String() string { return c.value }

func (c *choice) Type() string { return strings.Join(c.values, "|") }

func (c *choice) Set(value string) error {
	if !slices.Contains(c.values, value) {
		return fmt.Errorf("want one of %s", strings.Join(c.values, ", "))
	}
	c.value = value
	return nil
}

func (c *choice) flag(cmd *cobra.Command, name, shorthand, usage string) {
	cmd.Flags().VarP(c, name, shorthand, usage)
	complete(cmd, name, cobra.FixedCompletions(c.values, cobra.ShellCompDirectiveNoFileComp))
}

func complete(cmd *cobra.Command, flag string, completion cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, completion); err != nil {
		panic(err) // there is no such flag, or it has a completion already
	}
}

// completeYAML completes a flag with files of YAML and JSON.
func completeYAML(cmd *cobra.Command, flag string) {
	complete(cmd, flag, cobra.FixedCompletions([]string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt))
}

// An output is what every result can be written as.
type output struct{ format choice }

func (o *output) flags(cmd *cobra.Command) {
	o.format = choice{value: "table", values: []string{"table", "json"}}
	o.format.flag(cmd, "output", "o", "how to write the result")
}

type result interface {
	WriteJSON(io.Writer) error
	WriteTable(io.Writer, report.Style) error
}

func (o *output) write(cmd *cobra.Command, r result) error {
	w := cmd.OutOrStdout()
	if o.format.value == "json" {
		return r.WriteJSON(w)
	}
	return r.WriteTable(w, styleOf(w))
}

// policies are the flags that check with other policies than those that the command brings.
type policies struct {
	path string
	verification
}

func (p *policies) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.path, "policies", "", "a `path` to policies to use instead of the built-in ones: a folder or a bundle")
	p.verification.flags(cmd)
	p.verification.skipFlag(cmd)
}

func (p *policies) engine(ctx context.Context) (*harness.Engine, error) {
	defer lazily()()
	if p.path == "" {
		if p.verification.given() {
			return nil, errors.New("there is nothing to verify without --policies: the command brings its own")
		}
		return harness.New(ctx)
	}
	loaded, err := p.load()
	if err != nil {
		return nil, err
	}
	engine, err := harness.New(ctx, harness.WithPolicies(loaded))
	return engine, blame(p.path, err)
}

func (p *policies) load() (*bundle.Bundle, error) {
	info, err := os.Stat(p.path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if p.verification.given() {
			return nil, fmt.Errorf("%s: is a folder; only a bundle can be verified", p.path)
		}
		loaded, err := harness.LoadFS(os.DirFS(p.path))
		return loaded, blame(p.path, err)
	}
	archive, err := openBundle(p.path)
	if err != nil {
		return nil, err
	}
	verifier, _, err := p.verification.accept(archive, false)
	if err != nil {
		return nil, blame(p.path, err)
	}
	loaded, err := archive.Load(verifier)
	return loaded, blame(p.path, err)
}

// judging is the flags of the verbs that check manifests.
type judging struct {
	output
	policies
	profile    choice
	parameters string
	ignore     []string
	allowEmpty bool
}

func (j *judging) flags(cmd *cobra.Command) {
	j.output.flags(cmd)
	j.policies.flags(cmd)
	j.profile.values = harness.Profiles()
	j.profile.flag(cmd, "profile", "", "the `name` of a profile, over the parameters': see pullpolicy rules")
	cmd.Flags().StringVar(&j.parameters, "parameters", "", "a `file` of parameters, YAML or JSON")
	completeYAML(cmd, "parameters")
	cmd.Flags().StringArrayVar(&j.ignore, "ignore", nil, "a `glob` of names or paths to leave out (repeatable)")
	complete(cmd, "ignore", cobra.NoFileCompletions)
	cmd.Flags().BoolVar(&j.allowEmpty, "allow-empty", false, "accept that there is no manifest to check")
}

// judge has do run with what the flags say, and shows progress while it does.
func (j *judging) judge(cmd *cobra.Command, do func(*report.Run) error) error {
	run, err := j.run(cmd)
	if err != nil {
		return err
	}
	progress := startProgress(cmd.ErrOrStderr())
	run.Progress = progress.set
	err = do(run)
	progress.stop()
	if errors.Is(err, harness.ErrUndefined) {
		return blame(j.path, err)
	}
	return err
}

func (j *judging) run(cmd *cobra.Command) (*report.Run, error) {
	run := &report.Run{Ignore: j.ignore, Stdin: cmd.InOrStdin(), AllowEmpty: j.allowEmpty}
	var err error
	if j.parameters != "" {
		if run.Parameters, err = report.ReadParameters(j.parameters); err != nil {
			return nil, err
		}
	}
	if j.profile.value != "" {
		run.Parameters = run.Parameters.WithProfile(j.profile.value)
	}
	if run.Engine, err = j.engine(cmd.Context()); err != nil {
		return nil, err
	}
	return run, nil
}

// somePaths rejects a command line that names nothing to check.
func somePaths(cmd *cobra.Command, paths []string) error {
	switch {
	case len(paths) == 0:
		return fmt.Errorf("no path given, nor - for standard input; see %s --help", cmd.CommandPath())
	case slices.Contains(paths, ""):
		return fmt.Errorf("path %d of %d is empty", slices.Index(paths, "")+1, len(paths))
	}
	return nil
}
