package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

var (
	errLoop       = errors.New("leads back to a folder that it is in")
	errNotRegular = errors.New("is not a regular file")
)

// Files replaces the folders among paths by the *.yaml, *.yml and *.json files in and below them, in lexical order.
// Each file comes once, however often it is named or reached, and symbolic links are followed. A file among paths is
// taken whatever its extension, and "-" is passed through.
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
	if err != nil {
		w.problem(name, pathCause(err))
		return
	}
	real, err := realPath(name)
	switch {
	case !info.IsDir() && err != nil:
		w.file(name, name) // such as /dev/fd/3, a pipe, which has no path of its own
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
		w.problem(name, errNotRegular)
	}
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
