package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func testCommand() *cobra.Command {
	var flags testFlags
	cmd := &cobra.Command{
		Use:   "test [PATH]",
		Short: "Run fixtures: manifests with the expected findings in comments",
		Long: `test checks each manifest (*.yaml, *.yml and *.json) below PATH (by default,
fixtures) and compares the findings with the comments on the manifest's lines:

  image: nginx:latest # want tag-mutable

Each rule in a comment stands for one finding. Missing and unexpected findings
both fail. A comment "# parameters: {…}" sets the parameters. JSON files have no
comments, so they must be clean under the default parameters.`,
		Example: `  pullpolicy test
  pullpolicy test --run tag-mutable/ -o json
  pullpolicy test --policies my/policies my/fixtures`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := "fixtures"
			if len(args) == 1 {
				root = args[0]
			}
			tested, err := flags.test(cmd, root)
			if err != nil {
				return err
			}
			if err := report.WriteProblems(cmd.ErrOrStderr(), tested.Errors); err != nil {
				return err
			}
			if err := flags.write(cmd, tested); err != nil {
				return err
			}
			switch {
			case tested.Unreadable > 0:
				return exitFailed
			case tested.Failed > 0:
				return exitFound
			}
			return nil
		},
	}
	flags.policies.flags(cmd)
	flags.output.flags(cmd)
	cmd.Flags().StringVar(&flags.run, "run", "", "a `regexp`: run only the fixtures whose path matches")
	cmd.Flags().BoolVar(&flags.allowEmpty, "allow-empty", false, "exit with 0 when there is no fixture")
	return cmd
}

// testFlags is the flags of test.
type testFlags struct {
	policies
	output
	run        string
	allowEmpty bool
}

func (f *testFlags) test(cmd *cobra.Command, root string) (*tested, error) {
	selects, err := regexp.Compile(f.run)
	if err != nil {
		return nil, fmt.Errorf("--run: %w", err)
	}
	cases, problems, err := loadFixtures(root)
	if err != nil {
		return nil, err
	}
	cases = slices.DeleteFunc(cases, func(c *fixture.Case) bool { return !selects.MatchString(c.File) })
	problems = slices.DeleteFunc(problems, func(p *manifest.Problem) bool { return !selects.MatchString(p.File) })
	if len(cases)+len(problems) == 0 && !f.allowEmpty {
		if f.run != "" {
			return nil, fmt.Errorf("%s: no fixture in it whose path matches %s", root, f.run)
		}
		return nil, fmt.Errorf("%s: no fixture in it (*.yaml, *.yml or *.json)", root)
	}

	engine, err := f.engine(cmd.Context())
	if err != nil {
		return nil, err
	}
	result := &tested{Failures: []fixture.Failure{}, Errors: append([]*manifest.Problem{}, problems...)}
	unreadable := map[string]bool{}
	for _, problem := range problems {
		unreadable[problem.File] = true
	}
	result.Unreadable = len(unreadable)
	for _, c := range cases {
		failures, err := c.Check(cmd.Context(), engine)
		if err != nil {
			return nil, err
		}
		if len(failures) > 0 {
			result.Failed++
		} else {
			result.Passed++
		}
		result.Failures = append(result.Failures, failures...)
	}
	return result, nil
}

// loadFixtures loads what is at a path, and names it by the path.
func loadFixtures(root string) ([]*fixture.Case, []*manifest.Problem, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, nil, err
	}
	folder, name := root, "."
	if !info.IsDir() {
		folder, name = filepath.Split(filepath.Clean(root))
	}
	cases, err := fixture.Load(os.DirFS(filepath.Clean(folder)), name)
	problems := fixture.Problems(err)
	if err != nil && problems == nil {
		return nil, nil, fmt.Errorf("%s: %w", root, err)
	}
	for _, c := range cases {
		c.File = path.Join(filepath.ToSlash(folder), c.File)
	}
	for _, p := range problems {
		p.File = path.Join(filepath.ToSlash(folder), p.File)
	}
	return cases, problems, nil
}

// tested is what running fixtures came to.
type tested struct {
	Passed     int                 `json:"passed"`
	Failed     int                 `json:"failed"`
	Unreadable int                 `json:"unreadable"`
	Failures   []fixture.Failure   `json:"failures"`
	Errors     []*manifest.Problem `json:"errors"`
}

// WriteJSON writes it as JSON.
func (t *tested) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(t)
}

// WriteTable writes a line for each failure, and the sums.
func (t *tested) WriteTable(w io.Writer, _ report.Style) error {
	for _, failure := range t.Failures {
		if _, err := fmt.Fprintln(w, report.Printable(failure.String())); err != nil {
			return err
		}
	}
	sums := fmt.Sprintf("%d passed, %d failed", t.Passed, t.Failed)
	if t.Unreadable > 0 {
		sums += fmt.Sprintf(", %d unreadable", t.Unreadable)
	}
	_, err := fmt.Fprintln(w, sums)
	return err
}
