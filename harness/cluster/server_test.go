//go:build cluster

package cluster_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// programs are the paths of what a cluster is made of.
type programs struct{ etcd, apiserver, kubectl string }

// findPrograms takes the paths from the environment. One that names no program is an error: a cluster that is not
// there proves nothing.
func findPrograms() (programs, error) {
	var found programs
	for variable, path := range map[string]*string{
		"PULLPOLICY_ETCD":           &found.etcd,
		"PULLPOLICY_KUBE_APISERVER": &found.apiserver,
		"PULLPOLICY_KUBECTL":        &found.kubectl,
	} {
		var err error
		if *path, err = exec.LookPath(os.Getenv(variable)); err != nil {
			return programs{}, fmt.Errorf("%s names no program; run make cluster: %w", variable, err)
		}
	}
	return found, nil
}

// A cluster is an API server that is ready, with etcd behind it.
type cluster struct {
	programs
	url, dir   string
	token      string // of an administrator
	gatekeeper string // the token of Gatekeeper's service account
	client     *http.Client
	processes  []*process // in the order of their start
}

// start starts a cluster that keeps everything below dir. The caller stops it, even when start fails.
func start(ctx context.Context, programs programs, dir string) (*cluster, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, fmt.Errorf("find ports: %w", err)
	}
	etcd, peer := "http://"+ports[0], "http://"+ports[1]
	_, port, err := net.SplitHostPort(ports[2])
	if err != nil {
		return nil, err
	}
	c := &cluster{
		programs:   programs,
		url:        "https://" + ports[2],
		token:      rand.Text(),
		gatekeeper: rand.Text(),
		dir:        dir,
		// The server makes its certificate itself, and what answers on this port is it.
		client: &http.Client{Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
			MaxIdleConnsPerHost: 64,
		}},
	}
	key, tokens := filepath.Join(dir, "sa.key"), filepath.Join(dir, "tokens.csv")
	if err := writeKey(key); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	users := c.token + ",admin,admin,system:masters\n" +
		c.gatekeeper + ",system:serviceaccount:gatekeeper-system:gatekeeper-admin,gatekeeper,system:serviceaccounts\n"
	if err := os.WriteFile(tokens, []byte(users), 0o600); err != nil {
		return nil, err
	}

	for _, command := range []*exec.Cmd{
		exec.Command(programs.etcd, "--data-dir", filepath.Join(dir, "etcd"),
			"--listen-client-urls", etcd, "--advertise-client-urls", etcd,
			"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer),
		exec.Command(programs.apiserver, "--etcd-servers", etcd, "--cert-dir", filepath.Join(dir, "certificates"),
			"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", port,
			"--endpoint-reconciler-type", "none", // the others refuse to advertise the loopback
			"--service-cluster-ip-range", "10.0.0.0/24", "--service-account-issuer", c.url,
			"--service-account-key-file", key, "--service-account-signing-key-file", key,
			"--disable-admission-plugins", "ServiceAccount", // no controller makes the accounts
			"--authorization-mode", "AlwaysAllow", "--token-auth-file", tokens),
	} {
		process, err := run(command)
		if err != nil {
			return c, err
		}
		c.processes = append(c.processes, process)
	}
	return c, c.ready(ctx)
}

// stop ends the processes, the last first, and waits for them.
func (c *cluster) stop() error {
	var errs []error
	for i := len(c.processes) - 1; i >= 0; i-- {
		errs = append(errs, c.processes[i].stop())
	}
	return errors.Join(errs...)
}

// restart kills the API server as a crash does, starts it again and waits until it is ready.
func (c *cluster) restart(ctx context.Context) error {
	last := len(c.processes) - 1
	if err := c.processes[last].kill(); err != nil {
		return err
	}
	again, err := run(exec.Command(c.apiserver, c.processes[last].command.Args[1:]...))
	if err != nil {
		return err
	}
	c.processes[last] = again
	return c.ready(ctx)
}

func (c *cluster) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		status, _, err := c.do(ctx, http.MethodGet, "/readyz", nil)
		if err == nil && status == http.StatusOK {
			return nil
		}
		for _, process := range c.processes {
			if process.ended() {
				return fmt.Errorf("%s ended: %s", process, process.log.Bytes())
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the API server: %w (status %d, %w)", ctx.Err(), status, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// do sends a request, with a body in JSON unless it is nil, and returns the answer's status and body.
func (c *cluster) do(ctx context.Context, method, path string, body any) (int, []byte, error) {
	answer, err := c.send(ctx, method, path, body)
	return answer.status, answer.body, err
}

// An answer is what the API server says to a request. Its status is 0 where it says nothing.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request, with a body in JSON unless it is nil. A PATCH is a server-side apply.
func (c *cluster) send(ctx context.Context, method, path string, body any) (answer, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, content)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, read}, err
}

// kubectlIn runs kubectl in a namespace, with a manifest on standard input unless it is nil, and returns what it prints.
func (c *cluster) kubectlIn(ctx context.Context, namespace string, manifest any, args ...string) ([]byte, error) {
	stdout, _, err := c.kubectlSays(ctx, namespace, manifest, args...)
	return stdout, err
}

// kubectlSays is kubectlIn that also returns the warnings.
func (c *cluster) kubectlSays(ctx context.Context, namespace string, manifest any, args ...string) (stdout, stderr []byte, err error) {
	command := exec.CommandContext(ctx, c.kubectl, append([]string{
		"--server", c.url, "--token", c.token, "--insecure-skip-tls-verify", "--kubeconfig", os.DevNull,
		"--cache-dir", filepath.Join(c.dir, "kubectl"), "--namespace", namespace,
	}, args...)...)
	if manifest != nil {
		encoded, err := json.Marshal(manifest)
		if err != nil {
			return nil, nil, err
		}
		command.Stdin = bytes.NewReader(encoded)
	}
	var printed, warned bytes.Buffer
	command.Stdout, command.Stderr = &printed, &warned
	if err := command.Run(); err != nil {
		return nil, nil, fmt.Errorf("kubectl %s: %w: %s", args, err, &warned)
	}
	return printed.Bytes(), warned.Bytes(), nil
}

// A process is a program that runs until it is stopped.
type process struct {
	command *exec.Cmd
	log     bytes.Buffer // to be read when it has ended
	done    chan struct{}
}

func run(command *exec.Cmd) (*process, error) {
	p := &process{command: command, done: make(chan struct{})}
	command.Stdout, command.Stderr = &p.log, &p.log
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p, err)
	}
	go func() {
		defer close(p.done)
		_ = command.Wait() // its log says why
	}()
	return p, nil
}

func (p *process) String() string { return filepath.Base(p.command.Path) }

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop asks the process to end, and kills it when it does not.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(20 * time.Second):
	}
	return p.kill()
}

// kill ends the process as a crash does.
func (p *process) kill() error {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p, err)
	}
	<-p.done
	return nil
}

// freePorts returns addresses on the loopback that nobody listens on.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // only when all are found, so that they differ
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}

// writeKey writes a private key, which the API server takes for the public one too.
func writeKey(path string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
}
