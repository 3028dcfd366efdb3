//go:build kubelet

package kubelet_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// nodeVariable makes the test's binary the first process of a node, whose folder it names.
const nodeVariable = "PULLPOLICY_NODE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(nodeVariable); dir != "" {
		fmt.Fprintln(os.Stderr, runNode(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A node is containerd and a kubelet without an API server, which starts the Pods of a folder. Both live in namespaces
// of their own for mounts and processes: the end of the first process there is the end of all that they started.
type node struct {
	manifests string
	pods      string // the URL at which the kubelet lists its Pods
	exited    chan error
}

// startNode runs the programs of PULLPOLICY_CONTAINERD, PULLPOLICY_RUNC and PULLPOLICY_KUBELET until the test ends.
func startNode(t *testing.T, pauseImage string) *node {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	cgroup := newCgroup(t)
	n := &node{
		manifests: filepath.Join(dir, "manifests"),
		pods:      fmt.Sprintf("http://127.0.0.1:%d/pods", port),
		exited:    make(chan error, 1),
	}
	require.NoError(t, os.Mkdir(n.manifests, 0o700))

	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	program(t, "PULLPOLICY_CONTAINERD")
	write("containerd.toml", fmt.Sprintf(`version = 2
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = %q
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = %q
`, pauseImage, program(t, "PULLPOLICY_RUNC")))
	write("kubelet.json", string(encode(t, map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"staticPodPath": n.manifests, "address": "127.0.0.1", "readOnlyPort": port, "enableServer": false, "healthzPort": 0,
		"authentication": map[string]any{"anonymous": map[string]any{"enabled": false}, "webhook": map[string]any{"enabled": false}},
		"authorization":  map[string]any{"mode": "AlwaysAllow"}, "resolvConf": "", "volumePluginDir": "/var/lib/kubelet/plugins",
		// What the machine of a test need not offer.
		"failCgroupV1": false, "failSwapOn": false, "cgroupDriver": "cgroupfs", "enforceNodeAllocatable": []string{}, "oomScoreAdj": 0,
		// What the kubelet must not do to the machine.
		"cgroupRoot": cgroup, "protectKernelDefaults": true, "makeIPTablesUtilChains": false,
		// Dozens of Pods at once are not this node's problem, nor is a full disk.
		"registryPullQPS": 0, "maxPods": 200, "imageGCHighThresholdPercent": 100,
		"evictionHard": map[string]string{"memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%"},
	})))

	log, err := os.Create(filepath.Join(dir, "node.log"))
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	first := exec.Command(self)
	first.Env = append(os.Environ(), nodeVariable+"="+dir)
	first.Stdout, first.Stderr = log, log
	first.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, first.Start())
	go func() { n.exited <- first.Wait(); close(n.exited) }()
	t.Cleanup(func() {
		_ = first.Process.Kill()
		<-n.exited
		if t.Failed() {
			written, _ := os.ReadFile(log.Name())
			t.Logf("the end of the node's log:\n%s", written[max(0, len(written)-20_000):])
		}
	})
	return n
}

// runNode is the first process of the namespaces: it readies them, starts the two programs, and returns when one ends.
func runNode(dir string) error {
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount proc: %w", err)
	}
	// Where containerd and the kubelet write, each at its default.
	for _, path := range []string{"/run", "/var/lib", "/var/log"} {
		if err := syscall.Mount("tmpfs", path, "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", path, err)
		}
	}
	// The kubelet insists on these, and would set them for the whole machine.
	for name, value := range map[string]string{
		"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
		"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "."))
		if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
			return fmt.Errorf("write kernel setting: %w", err)
		}
		if err := syscall.Mount(file, "/proc/sys/"+name, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount kernel setting %s: %w", name, err)
		}
	}

	exited := make(chan error)
	run := func(variable string, args ...string) error {
		cmd := exec.Command(os.Getenv(variable), args...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("start %s: %w", variable, err)
		}
		go func() { exited <- fmt.Errorf("%s ended: %w", variable, cmd.Wait()) }()
		return nil
	}
	if err := run("PULLPOLICY_CONTAINERD", "--config", filepath.Join(dir, "containerd.toml"), "--log-level", "warn"); err != nil {
		return err
	}
	if err := run("PULLPOLICY_KUBELET", "--config", filepath.Join(dir, "kubelet.json"), "--hostname-override", "node"); err != nil {
		return err
	}
	return <-exited
}

// start lets the kubelet find a Pod.
func (n *node) start(t *testing.T, name string, pod map[string]any) {
	t.Helper()
	// A file that begins with a dot is none of the kubelet's, so that it never reads half a manifest.
	written := filepath.Join(n.manifests, "."+name)
	require.NoError(t, os.WriteFile(written, encode(t, pod), 0o600))
	require.NoError(t, os.Rename(written, filepath.Join(n.manifests, name+".json")))
}

// waiting returns the reason for which each container waits, by its Pod's and its own name: pod/container.
func (n *node) waiting(t *testing.T) map[string]string {
	t.Helper()
	response, err := http.Get(n.pods)
	if err != nil {
		return nil // not up yet; whoever needs an answer has a deadline
	}
	defer response.Body.Close()
	var pods struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				ContainerStatuses []struct {
					Name  string
					State struct{ Waiting struct{ Reason string } }
				}
			}
		}
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&pods))
	reasons := map[string]string{}
	for _, pod := range pods.Items {
		for _, container := range pod.Status.ContainerStatuses {
			// The name of a static Pod ends in that of its node.
			reasons[strings.TrimSuffix(pod.Metadata.Name, "-node")+"/"+container.Name] = container.State.Waiting.Reason
		}
	}
	return reasons
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
