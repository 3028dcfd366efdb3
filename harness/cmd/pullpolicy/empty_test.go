package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingIsEmpty gives every command each of its flags that takes a value, and each argument, empty: what an unset
// variable of a script comes to must not switch off what it asks for.
func TestNothingIsEmpty(t *testing.T) {
	t.Chdir(t.TempDir())
	flags, arguments := 0, 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			walk(child)
		}
		words := strings.Fields(cmd.CommandPath())[1:]
		given := argumentsOf(cmd)
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if flag.NoOptDefVal != "" {
				return // it takes no value
			}
			flags++
			for _, empty := range [][]string{{"--" + flag.Name + "="}, {"--" + flag.Name, ""}} {
				fails(t, append(append(words[:len(words):len(words)], empty...), given...), `(--`+flag.Name+` is empty; give it a value or leave it out|invalid argument "" for "(-\w, )?--`+flag.Name+`" flag: .*)\n$`)
			}
		})
		for i := range given {
			arguments++
			emptied := append(words[:len(words):len(words)], given...)
			emptied[len(words)+i] = ""
			fails(t, emptied, " is empty")
		}
	}
	root := rootCommand()
	walk(root)
	require.Greater(t, flags, 50)
	require.Greater(t, arguments, 8)
	t.Logf("%d flags, %d arguments", flags, arguments)
}

// argumentsOf are as many arguments as the command takes at least, of three.
func argumentsOf(cmd *cobra.Command) []string {
	for n := 3; n > 0; n-- {
		if given := []string{"a", "b", "c"}[:n]; cmd.Args == nil || cmd.Args(cmd, given) == nil {
			return given
		}
	}
	return nil
}

func fails(t *testing.T, args []string, want string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	assert.Equal(t, int(exitFailed), code, args)
	assert.Regexp(t, want, stderr.String(), args)
	assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), args)
	assert.Empty(t, stdout.String(), args)
}
