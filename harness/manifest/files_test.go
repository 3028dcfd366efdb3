package manifest_test

import (
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

func TestFiles(t *testing.T) {
	tests := map[string]struct {
		tree     string // files; a folder ends with /, a link is "name>target"
		paths    string
		ignore   string
		files    string
		problems []string
	}{
		"folder, in order":          {tree: "d/b.yaml d/a.yml d/c/x.json d/c.yaml d/README.md", paths: "d", files: "d/a.yml d/b.yaml d/c/x.json d/c.yaml"},
		"order of the arguments":    {tree: "b.yaml a.yaml d/x.yaml", paths: "b.yaml d a.yaml", files: "b.yaml d/x.yaml a.yaml"},
		"named, any extension":      {tree: "a.txt d/b.txt", paths: "a.txt d", files: "a.txt"},
		"standard input":            {tree: "a.yaml", paths: "- a.yaml -", files: "- a.yaml"},
		"named twice":               {tree: "d/a.yaml", paths: "d/a.yaml d ./d d/../d/a.yaml", files: "d/a.yaml"},
		"reached by two links":      {tree: "d/a.yaml d/b.yaml>a.yaml e>d", paths: "e d", files: "e/a.yaml"},
		"link to a file":            {tree: "real/a.txt d/a.yaml>../real/a.txt", paths: "d", files: "d/a.yaml"},
		"link to a folder":          {tree: "real/a.yaml d/e>../real", paths: "d", files: "d/e/a.yaml"},
		"link to a parent":          {tree: "d/a.yaml d/e/up>..", paths: "d", files: "d/a.yaml", problems: []string{"d/e/up: leads back to a folder that it is in"}},
		"link to itself":            {tree: "d/a.yaml d/l.yaml>l.yaml", paths: "d d/l.yaml", files: "d/a.yaml", problems: []string{"d/l.yaml: too many levels of symbolic links", "d/l.yaml: too many levels of symbolic links"}},
		"dangling link":             {tree: "d/a.yaml d/l.yaml>x", paths: "d", files: "d/a.yaml", problems: []string{"d/l.yaml: no such file or directory"}},
		"missing":                   {tree: "a.yaml", paths: "x a.yaml", files: "a.yaml", problems: []string{"x: no such file or directory"}},
		"folder named as a file":    {tree: "d.yaml/a.yaml", paths: "d.yaml", files: "d.yaml/a.yaml"},
		"empty folder":              {tree: "d/", paths: "d"},
		"ignored name":              {tree: "d/a.yaml d/b.yaml d/e/a.yaml", paths: "d", ignore: "a.*", files: "d/b.yaml"},
		"ignored path":              {tree: "d/a.yaml d/e/a.yaml", paths: "d", ignore: "d/*.yaml", files: "d/e/a.yaml"},
		"ignored folder":            {tree: "d/a.yaml d/e/b.yaml d/l>x", paths: "d", ignore: "e l", files: "d/a.yaml"},
		"ignored, though named":     {tree: "a.yaml b.yaml", paths: "a.yaml b.yaml", ignore: "a.yaml", files: "b.yaml"},
		"bad pattern, others count": {tree: "d/a.yaml d/b.yaml", paths: "d", ignore: "[ a*", files: "d/b.yaml", problems: []string{`ignore "[": syntax error in pattern`}},
		"current folder":            {tree: "a.yaml d/b.yaml", paths: ".", files: "a.yaml d/b.yaml"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			plant(t, test.tree)
			files, problems := manifest.Files(strings.Fields(test.paths), strings.Fields(test.ignore))
			assert.Equal(t, strings.Fields(test.files), append([]string{}, files...))
			var messages []string
			for _, p := range problems {
				messages = append(messages, p.Error())
			}
			assert.Equal(t, test.problems, messages)
		})
	}
}

func plant(t *testing.T, tree string) {
	t.Helper()
	for _, entry := range strings.Fields(tree) {
		name, target, link := strings.Cut(entry, ">")
		require.NoError(t, os.MkdirAll(path.Dir(name), 0o755))
		switch {
		case link:
			require.NoError(t, os.Symlink(target, name))
		case strings.HasSuffix(name, "/"):
			require.NoError(t, os.MkdirAll(name, 0o755))
		default:
			require.NoError(t, os.WriteFile(name, nil, 0o600))
		}
	}
}

func TestFilesLeavesOutWhatIsNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.yaml", "b"} {
		socket, err := net.Listen("unix", name)
		require.NoError(t, err)
		defer socket.Close()
	}
	files, problems := manifest.Files([]string{"."}, nil)
	assert.Empty(t, files)
	require.Len(t, problems, 1)
	assert.EqualError(t, problems[0], "a.yaml: is a socket, not a regular file")
}

func TestFilesOfAbsoluteFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	files, problems := manifest.Files([]string{dir, file}, nil)
	assert.Equal(t, []string{file}, files)
	assert.Empty(t, problems)
}

// TestFilesOpensOnlyWhatEnds names and walks over what would block a reader, or feed it for ever.
func TestFilesOpensOnlyWhatEnds(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("d", 0o755))
	require.NoError(t, syscall.Mkfifo("d/fifo.yaml", 0o600))
	require.NoError(t, syscall.Mkfifo("d/fifo", 0o600))
	require.NoError(t, os.Symlink("/dev/zero", "d/zero.yaml"))
	require.NoError(t, os.Symlink("/dev/stdin", "d/in.json"))
	socket, err := net.Listen("unix", "d/socket.yaml")
	require.NoError(t, err)
	defer socket.Close()

	for path, want := range map[string]string{
		"d/fifo.yaml":   "is a named pipe, not a regular file; write - and redirect standard input from it",
		"d/fifo":        "is a named pipe, not a regular file; write - and redirect standard input from it",
		"d/zero.yaml":   "is a device, not a regular file",
		"/dev/zero":     "is a device, not a regular file",
		"/dev/./null":   "is a device, not a regular file",
		"d/socket.yaml": "is a socket, not a regular file",
	} {
		files, problems := manifest.Files([]string{path}, nil)
		assert.Empty(t, files, path)
		require.Len(t, problems, 1, path)
		assert.EqualError(t, problems[0], path+": "+want)

		var reader manifest.Reader
		documents, problems := reader.ReadFile(path)
		assert.Empty(t, documents, path)
		require.Len(t, problems, 1, path)
		assert.EqualError(t, problems[0], path+": "+want)
	}
	files, problems := manifest.Files([]string{"d"}, nil)
	assert.Empty(t, files)
	assert.Len(t, problems, 4, "whatever its name says is a manifest")
}

// TestReadsOpenPipes reads what a shell puts in the place of <(command).
func TestReadsOpenPipes(t *testing.T) {
	out, in, err := os.Pipe()
	require.NoError(t, err)
	defer out.Close()
	_, err = in.WriteString("a: 1\n")
	require.NoError(t, err)
	require.NoError(t, in.Close())

	name := fmt.Sprintf("/dev/fd/%d", out.Fd())
	files, problems := manifest.Files([]string{name, name}, nil)
	require.Empty(t, problems)
	require.Equal(t, []string{name}, files)
	var reader manifest.Reader
	documents, problems := reader.ReadFile(name)
	assert.Empty(t, problems)
	assert.Len(t, documents, 1)
}

func TestIsStream(t *testing.T) {
	for name, want := range map[string]bool{
		"-": true, "/dev/stdin": true, "/dev/fd/63": true, "/proc/self/fd/12": true, "//dev/fd/../fd/3": true,
		"": false, "dev/stdin": false, "/dev/fd": false, "/dev/fd/x": false, "/dev/stdin.yaml": false, "/dev/zero": false,
		"/tmp/dev/fd/3": false, "/dev/stdin/a": false,
	} {
		assert.Equal(t, want, manifest.IsStream(name), name)
	}
}
