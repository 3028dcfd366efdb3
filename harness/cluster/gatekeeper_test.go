//go:build cluster

package cluster_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"debug/buildinfo"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const (
	shippedTemplate    = "../../bundle/gatekeeper/template.yaml"
	shippedConstraints = "../../bundle/gatekeeper/constraints"

	constraintPath = "/apis/constraints.gatekeeper.sh/v1beta1/k8simagepullpolicy"
	templatePath   = "/apis/templates.gatekeeper.sh/v1/constrainttemplates"
	validatingPath = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
	mutatingPath   = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
)

// A gatekeeper is Gatekeeper's manager before an API server of its own, so that no other test waits for its webhooks
// or finds its faults.
type gatekeeper struct {
	*cluster
	version string
	timeout int64 // of its webhooks, in seconds; what it ships has 3

	manager *exec.Cmd // to be started as often as it ends
	process *process
	service *service

	certificate []byte // in PEM, of whoever serves webhooks here
	key         []byte
	shipped     []object // what Gatekeeper's own deploy/gatekeeper.yaml holds
	log         string   // the file that the manager writes its log to, line by line in JSON
}

// patience is how long the API server waits for a webhook, in seconds: with many writers, and two cores for all of this,
// an answer can take longer than the 3 that Gatekeeper ships.
const patience = 15

// newGatekeeper starts an API server with Gatekeeper's CRDs, and the manager with flags beyond those that say where it
// runs. It guards nothing until guard is called.
func newGatekeeper(t *testing.T, flags ...string) *gatekeeper {
	t.Helper()
	program, err := exec.LookPath(os.Getenv("PULLPOLICY_GATEKEEPER"))
	require.NoError(t, err, "PULLPOLICY_GATEKEEPER names no program; run make cluster")
	built, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	deploy, err := os.ReadFile(filepath.Join(os.Getenv("PULLPOLICY_GATEKEEPER_SOURCE"), "deploy/gatekeeper.yaml"))
	require.NoError(t, err, "PULLPOLICY_GATEKEEPER_SOURCE is not the source of Gatekeeper; run make cluster")

	dir := t.TempDir()
	c, err := start(t.Context(), shared.programs, dir)
	if c != nil {
		t.Cleanup(func() { require.NoError(t, c.stop()) })
	}
	require.NoError(t, err)

	g := &gatekeeper{
		cluster: c, version: built.Main.Version, timeout: patience,
		shipped: documents(t, deploy), log: filepath.Join(dir, "gatekeeper.log"),
	}
	g.prepare(t, program, flags)
	require.NoError(t, g.start(t.Context()))
	t.Cleanup(func() { require.NoError(t, g.process.stop()) })
	return g
}

// prepare writes what the manager reads, and creates what it expects of a cluster.
func (g *gatekeeper) prepare(t *testing.T, program string, flags []string) {
	t.Helper()
	certificates, audit := filepath.Join(g.dir, "gatekeeper-certificates"), filepath.Join(g.dir, "audit")
	require.NoError(t, os.Mkdir(certificates, 0o700))
	require.NoError(t, os.Mkdir(audit, 0o700)) // without it every audit fails, and says so in the log alone
	var err error
	g.certificate, g.key, err = newCertificate()
	require.NoError(t, err)
	for file, content := range map[string][]byte{
		filepath.Join(certificates, "tls.crt"): g.certificate,
		filepath.Join(certificates, "tls.key"): g.key,
		filepath.Join(g.dir, "kubeconfig"):     []byte(encode(t, g.kubeconfig())),
	} {
		require.NoError(t, os.WriteFile(file, content, 0o600))
	}

	ports, err := freePorts(2)
	require.NoError(t, err)
	g.service, err = newService(ports[0], "http://"+ports[1]+"/readyz")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.service.close()) })
	g.manager = exec.Command(program, append([]string{
		"--kubeconfig", filepath.Join(g.dir, "kubeconfig"), "--debug-use-fake-pod",
		"--disable-cert-rotation", "--cert-dir", certificates,
		"--host", "127.0.0.1", "--port", portOf(ports[0]), "--health-addr", ports[1],
		"--metrics-backend", "opentelemetry", "--otlp-endpoint", "127.0.0.1:1", // the others listen on all addresses
		"--api-cache-dir", audit, "--log-file", g.log, "--log-denies", "--shutdown-delay", "0",
		"--exempt-namespace", "gatekeeper-system",
	}, flags...)...)

	status, answer, err := g.do(t.Context(), http.MethodPost, "/api/v1/namespaces", g.shippedAs(t, "Namespace", "gatekeeper-system"))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))
	for _, crd := range g.shipped {
		if crd["kind"] == "CustomResourceDefinition" {
			g.createDefinition(t, crd)
		}
	}
	g.untilServed(t, templatePath)
}

func (g *gatekeeper) kubeconfig() object {
	return object{
		"apiVersion": "v1", "kind": "Config", "current-context": "here",
		"clusters": []any{object{"name": "here", "cluster": object{"server": g.url, "insecure-skip-tls-verify": true}}},
		"users":    []any{object{"name": "here", "user": object{"token": g.gatekeeper}}},
		"contexts": []any{object{"name": "here", "context": object{"cluster": "here", "user": "here"}}},
	}
}

// start starts the manager and waits until it says that it is ready.
func (g *gatekeeper) start(ctx context.Context) error {
	process, err := run(exec.Command(g.manager.Path, g.manager.Args[1:]...))
	if err != nil {
		return err
	}
	g.process = process
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for !g.service.ready.Load() {
		if process.ended() {
			log, _ := os.ReadFile(g.log)
			return fmt.Errorf("%s ended: %s%s", process, process.log.Bytes(), log)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", process, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// replace has the next start be that of a new Pod: Gatekeeper's status objects are owned by the Pod whose manager wrote
// them, and go with it.
func (g *gatekeeper) replace(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"constraintpodstatuses", "constrainttemplatepodstatuses"} {
		path := "/apis/status.gatekeeper.sh/v1beta1/namespaces/gatekeeper-system/" + kind
		status, answer, err := g.do(t.Context(), http.MethodDelete, path, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, string(answer))
	}
}

// kill kills the manager, and waits until its service knows.
func (g *gatekeeper) kill() error {
	err := g.process.kill()
	for g.service.ready.Load() {
		time.Sleep(5 * time.Millisecond)
	}
	return err
}

// guard creates the validating webhooks that Gatekeeper ships, for Fail with the patch that the bundle ships, and waits
// until they hold.
func (g *gatekeeper) guard(t *testing.T, failurePolicy string) {
	t.Helper()
	shipped := g.webhooks(t, "ValidatingWebhookConfiguration", "Ignore")
	g.register(t, validatingPath, shipped)
	if failurePolicy == "Fail" {
		_, err := g.kubectlIn(t.Context(), "default", nil, "patch", "validatingwebhookconfiguration",
			nameIn(shipped), "--patch-file", "../../bundle/webhook/fail-closed.yaml")
		require.NoError(t, err)
	}
	broken := object{
		"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate", "metadata": object{"name": "broken"},
		"spec": object{"crd": object{"spec": object{"names": object{"kind": "Other"}}}, "targets": []any{}},
	}
	require.Eventually(t, func() bool {
		_, answer, err := g.do(t.Context(), http.MethodPost, templatePath+"?dryRun=All", broken)
		return err == nil && bytes.Contains(answer, []byte("validation.gatekeeper.sh"))
	}, time.Minute, 50*time.Millisecond, "the webhook does not hold")
}

// mutate creates the mutating webhook that Gatekeeper ships, with another failure policy.
func (g *gatekeeper) mutate(t *testing.T, failurePolicy string) {
	t.Helper()
	g.register(t, mutatingPath, g.webhooks(t, "MutatingWebhookConfiguration", failurePolicy))
}

// register creates a webhook configuration, or replaces the one that is there.
func (g *gatekeeper) register(t *testing.T, path string, configuration object) {
	t.Helper()
	name := "/" + configuration["metadata"].(object)["name"].(string)
	configuration["apiVersion"] = "admissionregistration.k8s.io/v1"
	status, answer, err := g.do(t.Context(), http.MethodPatch, path+name+"?fieldManager=test&force=true", configuration)
	require.NoError(t, err)
	require.Less(t, status, 300, string(answer))
}

// webhooks is a webhook configuration as Gatekeeper ships it, but for where its webhooks are served, how long they may
// take, and the failure policy of those that ship with Ignore.
func (g *gatekeeper) webhooks(t *testing.T, kind, failurePolicy string) object {
	t.Helper()
	configuration := clone(t, g.shippedAs(t, kind, ""))
	for _, webhook := range configuration["webhooks"].([]any) {
		webhook := webhook.(object)
		path := webhook["clientConfig"].(object)["service"].(object)["path"].(string)
		webhook["clientConfig"] = g.clientConfig(g.service.address(), path)
		webhook["timeoutSeconds"] = g.timeout
		if webhook["failurePolicy"] == "Ignore" {
			webhook["failurePolicy"] = failurePolicy
		}
	}
	return configuration
}

func (g *gatekeeper) clientConfig(address, path string) object {
	return object{"url": "https://" + address + path, "caBundle": g.certificate}
}

// shippedAs is the object of a kind, and of a name unless that is empty, in what Gatekeeper ships.
func (g *gatekeeper) shippedAs(t *testing.T, kind, name string) object {
	t.Helper()
	i := slices.IndexFunc(g.shipped, func(o object) bool {
		return o["kind"] == kind && (name == "" || o["metadata"].(object)["name"] == name)
	})
	require.GreaterOrEqual(t, i, 0, "%s %s", kind, name)
	return g.shipped[i]
}

// createDefinition creates a CustomResourceDefinition.
func (g *gatekeeper) createDefinition(t *testing.T, definition object) {
	t.Helper()
	const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	status, answer, err := g.do(t.Context(), http.MethodPost, path, definition)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))
}

// untilServed waits until the API server serves a path.
func (g *gatekeeper) untilServed(t *testing.T, path string) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _, err := g.do(t.Context(), http.MethodGet, path, nil)
		return err == nil && status == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "%s is not served", path)
}

// createNamespace creates a namespace with labels.
func (g *gatekeeper) createNamespace(t *testing.T, name string, labels object) {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodPost, "/api/v1/namespaces", object{
		"metadata": object{"name": name, "labels": labels},
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))
}

// applyTemplate applies the template that the bundle ships as its README says, and waits until constraints can be
// created.
func (g *gatekeeper) applyTemplate(t *testing.T) {
	t.Helper()
	_, err := g.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-f", shippedTemplate)
	require.NoError(t, err)
	g.untilServed(t, constraintPath)
}

// A constraintOption changes a Constraint that the bundle ships.
type constraintOption func(constraint object)

// named gives a Constraint a name of its own.
func named(name string) constraintOption {
	return func(constraint object) { constraint["metadata"] = object{"name": name} }
}

// with gives a Constraint parameters; those that say which violations are its own stay.
func with(parameters object) constraintOption {
	return func(constraint object) {
		spec := constraint["spec"].(object)
		severities := spec["parameters"].(object)["severities"]
		merged := object{"severities": severities}
		for key, value := range parameters {
			merged[key] = value
		}
		spec["parameters"] = merged
	}
}

// matching adds to what a Constraint matches.
func matching(key string, value any) constraintOption {
	return func(constraint object) { constraint["spec"].(object)["match"].(object)[key] = value }
}

// constraint is a Constraint that the bundle ships, changed.
func (g *gatekeeper) constraint(t *testing.T, file string, options ...constraintOption) object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shippedConstraints, file))
	require.NoError(t, err)
	shipped := documents(t, text)
	require.Len(t, shipped, 1, file)
	for _, option := range options {
		option(shipped[0])
	}
	return shipped[0]
}

// pair is the Constraint that denies and the one that warns, changed alike and named by what they do.
func (g *gatekeeper) pair(t *testing.T, suffix string, options ...constraintOption) []object {
	t.Helper()
	var both []object
	for _, action := range []string{"deny", "warn"} {
		both = append(both, g.constraint(t, action+".yaml", append(options, named(action+"-"+suffix))...))
	}
	return both
}

// enforce creates constraints, or replaces those that are there, and waits until all are enforced.
func (g *gatekeeper) enforce(t *testing.T, constraints ...object) {
	t.Helper()
	for _, constraint := range constraints {
		name := constraint["metadata"].(object)["name"].(string)
		status, answer, err := g.do(t.Context(), http.MethodPatch, constraintPath+"/"+name+"?fieldManager=test&force=true", constraint)
		require.NoError(t, err)
		require.Less(t, status, 300, string(answer))
	}
	g.untilEnforced(t, constraintPath)
}

// untilEnforced waits until the manager says of all Constraints, or all mutators, at a path that it enforces them as they
// are now.
func (g *gatekeeper) untilEnforced(t *testing.T, path string) {
	t.Helper()
	var waiting []string
	require.Eventually(t, func() bool {
		status, answer, err := g.do(t.Context(), http.MethodGet, path, nil)
		if err != nil || status != http.StatusOK {
			return false
		}
		waiting = unenforced(answer)
		return len(waiting) == 0
	}, 2*time.Minute, 100*time.Millisecond, "not enforced: %s", &waiting)
}

// unenforced are the names of the objects in a list that are not enforced in their present generation.
func unenforced(list []byte) []string {
	var read struct {
		Items []struct {
			Metadata struct {
				Name       string
				Generation int64
			}
			Status struct {
				ByPod []struct {
					Enforced           bool
					ObservedGeneration int64
				}
			}
		}
	}
	if err := json.Unmarshal(list, &read); err != nil {
		return []string{err.Error()}
	}
	var names []string
	for _, item := range read.Items {
		enforced := len(item.Status.ByPod) > 0
		for _, pod := range item.Status.ByPod {
			enforced = enforced && pod.Enforced && pod.ObservedGeneration == item.Metadata.Generation
		}
		if !enforced {
			names = append(names, item.Metadata.Name)
		}
	}
	return names
}

// A logLine is what the manager's log says of one violation.
type logLine struct {
	Message    string          `json:"msg"`
	EventType  string          `json:"event_type"`
	Constraint string          `json:"constraint_name"`
	Kind       string          `json:"resource_kind"`
	Namespace  string          `json:"resource_namespace"`
	Name       string          `json:"resource_name"`
	Details    json.RawMessage `json:"details"`
	AuditID    time.Time       `json:"audit_id"`
}

// violationsLogged are the lines about violations in the manager's log, of an event type.
func (g *gatekeeper) violationsLogged(t *testing.T, eventType string) []logLine {
	t.Helper()
	file, err := os.Open(g.log)
	require.NoError(t, err)
	defer file.Close()
	var lines []logLine
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var line logLine
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.EventType == eventType {
			lines = append(lines, line)
		}
	}
	require.NoError(t, scanner.Err())
	return lines
}

// A service passes connections on to a manager while that is ready, as a Service does to the pods behind it: a manager
// answers before it knows any Constraint.
type service struct {
	listener net.Listener
	target   string
	settle   atomic.Int64 // for how long, in nanoseconds, the manager must have said that it is ready
	ready    atomic.Bool
	done     chan struct{}
}

func newService(target, readiness string) (*service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &service{listener: listener, target: target, done: make(chan struct{})}
	go s.accept()
	go s.probe(readiness)
	return s, nil
}

func (s *service) address() string { return s.listener.Addr().String() }

func (s *service) close() error {
	close(s.done)
	return s.listener.Close()
}

func (s *service) probe(readiness string) {
	since := time.Now()
	for {
		response, err := http.Get(readiness)
		if err == nil {
			_ = response.Body.Close() // only the status matters
		}
		if err != nil || response.StatusCode != http.StatusOK {
			since = time.Now()
			s.ready.Store(false)
		} else if time.Since(since) >= time.Duration(s.settle.Load()) {
			s.ready.Store(true)
		}
		select {
		case <-s.done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *service) accept() {
	for {
		from, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.pass(from)
	}
}

// pass copies in both directions until one end closes.
func (s *service) pass(from net.Conn) {
	defer from.Close()
	if !s.ready.Load() {
		return
	}
	to, err := net.Dial("tcp", s.target)
	if err != nil {
		return
	}
	defer to.Close()
	ended := make(chan error, 2)
	go func() { _, err := io.Copy(to, from); ended <- err }()
	go func() { _, err := io.Copy(from, to); ended <- err }()
	<-ended
}

// newCertificate makes a certificate for a server on the loopback, which is its own authority.
func newCertificate() (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "webhooks"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, fmt.Errorf("create certificate: %w", err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded}), nil
}

// tlsConfig serves what newCertificate made.
func tlsConfig(certificate, key []byte) (*tls.Config, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}, nil
}

// documents reads the documents of a YAML file.
func documents(t *testing.T, text []byte) []object {
	t.Helper()
	var all []object
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document object
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if document != nil {
			all = append(all, document)
		}
	}
}

// clone is a copy of an object that shares nothing with it.
func clone(t *testing.T, original object) object {
	t.Helper()
	var copied object
	require.NoError(t, json.Unmarshal([]byte(encode(t, original)), &copied))
	return copied
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // of a listener, so it has one
	return port
}
