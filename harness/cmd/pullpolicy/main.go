// Command pullpolicy checks the image pull policies of Kubernetes manifests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// lazily has the garbage collector wait for a larger heap, until what it returns is called. Compiling policies makes much
// that stays, from a heap of nothing, which Go collects each time that it has doubled: a third of a short run.
func lazily() (stop func()) {
	was := debug.SetGCPercent(800)
	return func() { debug.SetGCPercent(was) }
}

// An exitCode is an error of which everything has been said already.
type exitCode int

const (
	exitFound  exitCode = 1 // violations that fail the run
	exitFailed exitCode = 2 // the work, or some of it, could not be done
)

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run is the command without the process around it. It returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)

	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	fmt.Fprintln(stderr, "pullpolicy:", oneLine(err.Error()))
	return int(exitFailed)
}

// oneLine joins the lines of OPA's longer errors.
func oneLine(message string) string {
	var lines []string
	for line := range strings.Lines(message) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, report.Printable(line))
		}
	}
	return strings.Join(lines, " ")
}
