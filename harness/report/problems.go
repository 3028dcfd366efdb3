package report

import (
	"fmt"
	"io"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// WriteProblems writes each problem on a line of its own, as compilers do: file:line: cause.
func WriteProblems(w io.Writer, problems []*manifest.Problem) error {
	for _, problem := range problems {
		if _, err := fmt.Fprintln(w, Printable(problem.Error())); err != nil {
			return err
		}
	}
	return nil
}
