package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	embedded "github.com/pullpolicy/pullpolicy/policies"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"pullpolicy": main,
		"exits":      exits,
	})
}

// TestScripts runs testdata/script. UPDATE_SCRIPTS=1 writes what the command prints into what cmp compares it with.
//
// Beside testscript's own there are the commands
//
//	exits CODE pullpolicy ARG...   demand an exit code; exec and stdin as usual
//	bytes FILE TEXT                write a file, with Go's escapes in TEXT
//	pack FILE                      write the bundle
//
// and the folder small, with policies that are built sooner than the project's, for what any bundle will do for.
func TestScripts(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("../../../policies")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("POLICIES", folder)
			env.Setenv("TERM", "xterm")
			env.Setenv("NO_COLOR", "")
			return os.CopyFS(filepath.Join(env.WorkDir, "small"), os.DirFS(filepath.Join("testdata", "small")))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"bytes": writeBytes,
			"pack":  writeBundle,
		},
	})
}

// exits runs a command, and fails unless it exits with the code that comes first.
func exits() {
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != os.Args[1] {
		fmt.Fprintf(os.Stderr, "exit code %s, want %s\n", code, os.Args[1])
		os.Exit(1)
	}
}

func writeBytes(ts *testscript.TestScript, _ bool, args []string) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func writeBundle(ts *testscript.TestScript, _ bool, args []string) {
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(pack.Build(context.Background(), embedded.FS, pack.Options{Revision: "test"}, file))
	ts.Check(file.Close())
}
