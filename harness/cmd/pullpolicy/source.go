package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	embedded "github.com/pullpolicy/pullpolicy/policies"
)

// A source says where policies come from.
type source struct {
	revision string // the git commit, with -dirty where files differ from it; "" where there is none
	time     time.Time
}

// sourceOf is the source of the policies in a folder, or of those that the command brings, for "". SOURCE_DATE_EPOCH,
// where it is set, is the time (https://reproducible-builds.org/specs/source-date-epoch).
func sourceOf(ctx context.Context, folder string) (source, error) {
	s, err := commitOf(ctx, folder)
	if err != nil {
		return source{}, err
	}
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return s, nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return source{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	s.time = time.Unix(seconds, 0)
	return s, nil
}

func commitOf(ctx context.Context, folder string) (source, error) {
	if folder != "" {
		return checkedOut(ctx, folder)
	}
	if s := builtFrom(); s.revision != "" {
		return s, nil
	}
	// A command that was built with -buildvcs=false, or for a test, has no stamp; in the checkout that it was built
	// from, the checkout knows.
	if same, err := holdsEmbedded(os.DirFS(sources)); err != nil || !same {
		return source{}, err
	}
	return checkedOut(ctx, sources)
}

// sources is the folder of a checkout that the command's policies come from.
const sources = "policies"

// holdsEmbedded says whether a folder holds the policies that the command brings.
func holdsEmbedded(folder fs.FS) (same bool, err error) {
	same = true
	err = fs.WalkDir(embedded.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		theirs, err := fs.ReadFile(folder, name)
		if errors.Is(err, fs.ErrNotExist) {
			same = false
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		ours, err := fs.ReadFile(embedded.FS, name)
		same = same && bytes.Equal(ours, theirs)
		return err
	})
	return same, err
}

// builtFrom is what go build stamped the command with.
func builtFrom() source {
	var s source
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return s
	}
	settings := map[string]string{}
	for _, setting := range build.Settings {
		settings[setting.Key] = setting.Value
	}
	if s.revision = settings["vcs.revision"]; s.revision != "" && settings["vcs.modified"] == "true" {
		s.revision += "-dirty"
	}
	s.time, _ = time.Parse(time.RFC3339, settings["vcs.time"]) // zero where there is none
	return s
}

// checkedOut asks git for the commit of a folder. A folder outside of every checkout has none.
func checkedOut(ctx context.Context, folder string) (source, error) {
	commit, err := git(ctx, folder, "log", "-1", "--format=%H %ct")
	if errors.Is(err, errNoCheckout) {
		return source{}, nil
	}
	if err != nil {
		return source{}, err
	}
	changes, err := git(ctx, folder, "status", "--porcelain", "--", ".")
	if err != nil {
		return source{}, err
	}
	revision, epoch, _ := strings.Cut(commit, " ")
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return source{}, fmt.Errorf("git log: %w", err)
	}
	if changes != "" {
		revision += "-dirty"
	}
	return source{revision, time.Unix(seconds, 0)}, nil
}

var errNoCheckout = errors.New("no git checkout")

func git(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...)
	command.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound), strings.Contains(stderr.String(), "not a git repository"),
		strings.Contains(stderr.String(), "does not have any commits"):
		return "", errNoCheckout
	case err != nil:
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(output)), nil
}
