//go:build hosts

package hosts_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/internal/tamper"
	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// takenByOPA are the changes that the command rejects and OPA does not, since none of them reaches what it evaluates.
var takenByOPA = map[string]string{
	"something behind it":          "OPA reads to the tarball's end",
	"something behind the tarball": "OPA reads to the tarball's end",
	"a link":                       "OPA passes over all but files and folders",
	"a header for all files":       "OPA passes over all but files and folders",

	"a key twice in the manifest":          "OPA believes the last, which is signed",
	"a key twice far down in the manifest": "OPA believes the last, which is signed",
	"a forged time":                        "OPA believes the last, which is signed, and adds what it leaves out",
	"parameters beside the signature":      "OPA ignores them, unless it gets the folder as data",
	"the signature in another case":        "OPA reads keys in any case",
	"signatures twice":                     "OPA believes the last",
	"something behind the signatures":      "OPA reads to the value's end",

	"signed under another id": "OPA takes the id that it is given for the signature's",
}

// A change is a bundle that is not as its signer signed it, or not signed as its user demands.
type change struct {
	name    string
	bundle  []byte
	refusal string // what the command says, "" where it takes the bundle
}

// TestTampered has the real opa and the command verify what was changed since it was signed.
func TestTampered(t *testing.T) {
	opa, command := program(t, "PULLPOLICY_OPA"), program(t, "PULLPOLICY_COMMAND")
	key := ours()
	public := write(t, "pullpolicy.pub", string(key.public))

	changes := changesOf(t, key)
	refusals := make([]struct{ command, opa string }, len(changes))
	t.Run("each", func(t *testing.T) {
		for i, change := range changes {
			t.Run(change.name, func(t *testing.T) {
				t.Parallel()
				bundle := write(t, "bundle.tar.gz", string(change.bundle))
				refusals[i].command = refusal(t, bundle, command, "bundle", "verify", "--verification-key", public, bundle)
				refusals[i].opa = refusal(t, bundle, opa, "build", "--bundle", bundle, "--output", bundle+".built",
					"--verification-key", public, "--verification-key-id", key.id, "--scope", pack.DefaultScope)
			})
		}
	})

	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHANGED\tPULLPOLICY\tOPA")
	taken, refused, differ := 0, 0, 0
	for i, change := range changes {
		got := refusals[i]
		why, differs := takenByOPA[change.name]
		switch {
		case change.refusal == "":
			assert.Empty(t, got, change.name)
			taken++
		case differs:
			assert.Contains(t, got.command, change.refusal, change.name)
			assert.Empty(t, got.opa, change.name)
			got.opa = "taken: " + why
			differ++
		default:
			assert.Contains(t, got.command, change.refusal, change.name)
			assert.NotEmpty(t, got.opa, change.name)
			refused++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", change.name, cmp.Or(got.command, "taken"), cmp.Or(got.opa, "taken"))
	}
	require.NoError(t, w.Flush())
	assert.Len(t, takenByOPA, differ)
	t.Logf("%d changes: %d that mean nothing taken by both, %d rejected by both, %d rejected by pullpolicy alone\n%s",
		len(changes), taken, refused, differ, &table)
}

func changesOf(t *testing.T, key keyPair) []change {
	t.Helper()
	signed := build(t, "r1", key, nil)
	var changes []change
	for _, tampering := range tamper.All() {
		tampered, err := tampering.Apply(signed)
		require.NoError(t, err)
		changes = append(changes, change{tampering.Name, tampered, tampering.Refusal})
	}
	return append(changes,
		change{"signed with another key", build(t, "r1", others(), nil), ".signatures.json: failed to verify JWT signature"},
		change{"signed under another id", build(t, "r1", key.as("other"), nil), `.signatures.json: the key id is "other"`},
		change{"signed for another scope", buildFor(t, "other", "r1", key, nil),
			".signatures.json: scope mismatch"},
	)
}

// refusal is what a program says of a bundle that it rejects, "" for one that it takes.
func refusal(t *testing.T, bundle, program string, args ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err == nil {
		return ""
	}
	require.IsType(t, &exec.ExitError{}, err)
	_, message, named := strings.Cut(string(output), bundle+": ")
	require.True(t, named, "%s", output)
	message, _, _ = strings.Cut(strings.TrimSpace(message), " (want: ")
	return message
}
