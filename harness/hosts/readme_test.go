//go:build hosts

package hosts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var fence = regexp.MustCompile("(?ms)^```(console|sh|go)\n(.*?)^```$")

// TestReadme runs every command of the README, and of the pages beside it, in a copy of the checkout, and compares what it
// prints with the page.
func TestReadme(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	var page []byte
	docs, err := filepath.Glob(filepath.Join(root, "bundle/docs/*.md"))
	require.NoError(t, err)
	for _, name := range append([]string{filepath.Join(root, "README.md")}, docs...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		page = append(page, text...)
	}
	copied := checkout(t, root)
	path := strings.Join([]string{
		filepath.Join(copied, "bin"),
		filepath.Dir(program(t, "PULLPOLICY_OPA")),
		filepath.Dir(program(t, "PULLPOLICY_CONFTEST")),
		filepath.Dir(program(t, "PULLPOLICY_GATOR")),
		os.Getenv("PATH"),
	}, string(os.PathListSeparator))

	for _, block := range fence.FindAllStringSubmatch(string(page), -1) {
		language, text := block[1], block[2]
		name, _, _ := strings.Cut(text, "\n")
		t.Run(name, func(t *testing.T) {
			switch language {
			case "console":
				for _, step := range steps(text) {
					command := exec.Command("sh", "-c", step.command)
					command.Dir = copied
					command.Env = append(os.Environ(), "PATH="+path, "COLUMNS=100", "CONFTEST_NO_COLOR=true")
					output, _ := command.CombinedOutput() // its exit code says what it found
					assert.Equal(t, step.output, string(output), step.command)
				}
			case "sh":
				// The verbs of make, among them the one that runs this test, are CI's to run.
				ci, err := os.ReadFile(filepath.Join(root, ".ci/run"))
				require.NoError(t, err)
				for line := range strings.Lines(text) {
					if line == "export PATH=\"$PWD/bin:$PATH\"\n" { // as above
						continue
					}
					verb := strings.TrimSpace(strings.TrimPrefix(line, "make"))
					if verb == "" {
						verb = "all"
					}
					assert.Regexp(t, `\b`+verb+`\b`, string(ci))
				}
			case "go":
				example, err := os.ReadFile(filepath.Join(root, "harness/example_test.go"))
				require.NoError(t, err)
				assert.Contains(t, string(example), text)
			}
		})
	}
}

// TestLinks follows the links between the pages.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	var pages []string
	for _, pattern := range []string{"*.md", "bundle/*.md", "bundle/*/*.md"} {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	require.NotEmpty(t, pages)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(page), match[1]))
			assert.NoError(t, err, page)
		}
	}
}

type step struct{ command, output string }

// steps are the commands of a console with what each prints. A here-document belongs to its command.
func steps(text string) []step {
	var all []step
	end := ""
	for line := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case end != "":
			all[len(all)-1].command += line
			if strings.TrimSpace(line) == end {
				end = ""
			}
		case isCommand:
			all = append(all, step{command: command})
			if _, marker, ok := strings.Cut(command, "<<'"); ok {
				end, _, _ = strings.Cut(marker, "'")
			}
		default:
			all[len(all)-1].output += line
		}
	}
	return all
}

// checkout is a copy of what the commands touch, with the command and the bundle built.
func checkout(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"policies", "fixtures", "bundle/gatekeeper", "conftest.toml"} {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		if info, err := os.Stat(from); err == nil && info.IsDir() {
			require.NoError(t, os.CopyFS(to, os.DirFS(from)))
			continue
		}
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, text, 0o600))
	}
	for _, args := range [][]string{
		{"go", "build", "-o", filepath.Join(dir, "bin/pullpolicy"), "./harness/cmd/pullpolicy"},
		{filepath.Join(dir, "bin/pullpolicy"), "bundle", "build", "-o", filepath.Join(dir, "bundle/dist/pullpolicy.tar.gz")},
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "bundle/dist"), 0o755))
		command := exec.Command(args[0], args[1:]...)
		command.Dir = root
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	return dir
}
