//go:build kubelet

package kubelet_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const cgroups = "/sys/fs/cgroup"

// newCgroup makes a cgroup, in cgroup v2 or in each hierarchy of v1, and removes it after the test with all below it.
// It must outlive the processes in it, so it is made before they are.
func newCgroup(t *testing.T) string {
	t.Helper()
	name := "/pullpolicy-" + strconv.Itoa(os.Getpid())
	for _, hierarchy := range hierarchies(t) {
		root := hierarchy + name
		require.NoError(t, os.Mkdir(root, 0o755))
		t.Cleanup(func() {
			// The kernel still lets go of the last process for a while after its end.
			require.Eventually(t, func() bool { return removeCgroup(root) == nil }, 10*time.Second, 50*time.Millisecond, root)
		})
	}
	return name
}

// hierarchies returns the root of cgroup v2, its controllers passed on to the cgroups below, or those of v1.
func hierarchies(t *testing.T) []string {
	t.Helper()
	controllers, err := os.ReadFile(filepath.Join(cgroups, "cgroup.controllers"))
	if err == nil {
		for _, controller := range strings.Fields(string(controllers)) {
			require.NoError(t, os.WriteFile(filepath.Join(cgroups, "cgroup.subtree_control"), []byte("+"+controller), 0))
		}
		return []string{cgroups}
	}
	entries, err := os.ReadDir(cgroups)
	require.NoError(t, err)
	var roots []string
	for _, entry := range entries {
		if entry.IsDir() { // a link is a second name: cpu, for cpu,cpuacct
			roots = append(roots, filepath.Join(cgroups, entry.Name()))
		}
	}
	require.NotEmpty(t, roots)
	return roots
}

// removeCgroup removes a cgroup from its leaves up; os.RemoveAll would try to remove the kernel's files in it.
func removeCgroup(root string) error {
	var all []string
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			all = append(all, path)
		}
		return err
	}); err != nil {
		return err
	}
	for _, cgroup := range slices.Backward(all) {
		if err := os.Remove(cgroup); err != nil {
			return err
		}
	}
	return nil
}
