package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
)

var errLoop = errors.New("leads back to a folder that it is in")

// stream matches the paths that stand for what the process has open already: /dev/stdin, and what a shell puts in the
// place of <(command).
var stream = regexp.MustCompile(`^(/dev/stdin|/(dev|proc/self)/fd/[0-9]+)$`)

// IsStream says whether a name that Files returns is that of a stream: "-", /dev/stdin, /dev/fd/3.
func IsStream(name string) bool {
	return name == "-" || stream.MatchString(filepath.ToSlash(filepath.Clean(name)))
}

// readable demands a folder, a regular file, or a pipe that is open already: to open another waits for its writer.
func readable(name string, mode fs.FileMode) error {
	switch {
	case mode.IsDir(), mode.IsRegular(), mode&fs.ModeNamedPipe != 0 && IsStream(name):
		return nil
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("is a named pipe, not a regular file; write - and redirect standard input from it")
	case mode&fs.ModeSocket != 0:
		return errors.New("is a socket, not a regular file")
	case mode&fs.ModeDevice != 0 && IsStream(name):
		return errors.New("is a device, not a regular file; write - for standard input")
	case mode&fs.ModeDevice != 0:
		return errors.New("is a device, not a regular file")
	}
	return errors.New("is not a regular file")
}

// Files replaces the folders among paths by the *.yaml, *.yml and *.json files in and below them, in lexical order.
// Each file comes once, however often it is named or reached, and symbolic links are followed. A file among paths is
// taken whatever its extension, and "-" is passed through, as are pipes that the process has open, such as /dev/stdin
// and /dev/fd/3. Other pipes, devices and sockets are a Problem.
//
// Files and folders of which the name or the slash-separated path matches a [path.Match] pattern of ignore are left
// out, even when named. Whatever cannot be followed is a Problem, and the rest goes on.
func Files(paths []string, ignore []string) ([]string, []*Problem) {
	w := walker{seen: map[string]bool{}}
	for _, pattern := range ignore {
		if _, err := path.Match(pattern, ""); err != nil {
			w.problem("", fmt.Errorf("ignore %q: %w", pattern, err))
			continue
		}
		w.ignore = append(w.ignore, pattern)
	}
	for _, p := range paths {
		if p == "-" {
			w.file("-", "-")
			continue
		}
		w.named(p)
	}
	return w.files, w.problems
}

type walker struct {
	ignore   []string
	seen     map[string]bool // real paths
	folders  []string        // real paths of the folders being walked
	files    []string
	problems []*Problem
}

func (w *walker) named(name string) {
	if w.ignored(name) {
		return
	}
	info, err := os.Stat(name)
	if err == nil {
		err = readable(name, info.Mode())
	}
	if err != nil {
		w.problem(name, pathCause(err))
		return
	}
	real, err := realPath(name)
	switch {
	case IsStream(name) && !info.IsDir() && !info.Mode().IsRegular():
		w.file(name, streamOf(name)) // a pipe has no path of its own
	case err != nil:
		w.problem(name, pathCause(err))
	case info.IsDir():
		w.folder(name, real)
	default:
		w.file(name, real)
	}
}

func (w *walker) folder(name, real string) {
	if slices.Contains(w.folders, real) {
		w.problem(name, errLoop)
		return
	}
	if w.seen[real] {
		return
	}
	w.seen[real] = true
	w.folders = append(w.folders, real)
	defer func() { w.folders = w.folders[:len(w.folders)-1] }()

	entries, err := os.ReadDir(name)
	if err != nil {
		w.problem(name, pathCause(err))
	}
	for _, e := range entries {
		w.entry(filepath.Join(name, e.Name()), filepath.Join(real, e.Name()), e.Type())
	}
}

func (w *walker) entry(name, real string, mode fs.FileMode) {
	manifest := isManifest(name)
	if mode.IsRegular() && !manifest || w.ignored(name) {
		return
	}
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(name)
		if err == nil {
			real, err = realPath(name)
		}
		if err != nil {
			w.problem(name, pathCause(err))
			return
		}
		mode = info.Mode()
	}
	switch {
	case mode.IsDir():
		w.folder(name, real)
	case !manifest:
	case mode.IsRegular():
		w.file(name, real)
	default:
		w.problem(name, readable(name, mode))
	}
}

// streamOf is what a stream is known by: its own name, and - for all names of standard input.
func streamOf(name string) string {
	switch path.Base(filepath.ToSlash(name)) {
	case "stdin", "0":
		return "-"
	}
	return path.Base(filepath.ToSlash(name))
}

func (w *walker) file(name, real string) {
	if !w.seen[real] {
		w.seen[real] = true
		w.files = append(w.files, name)
	}
}

func (w *walker) ignored(name string) bool {
	slash := filepath.ToSlash(name)
	return slices.ContainsFunc(w.ignore, func(pattern string) bool {
		base, _ := path.Match(pattern, path.Base(slash))
		whole, _ := path.Match(pattern, slash)
		return base || whole
	})
}

func (w *walker) problem(name string, err error) {
	w.problems = append(w.problems, &Problem{File: name, Err: err})
}

func isManifest(name string) bool {
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func realPath(name string) (string, error) {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}
