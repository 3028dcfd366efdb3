package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/open-policy-agent/opa/v1/ast"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	crierrors "k8s.io/cri-api/pkg/errors"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	containertesting "k8s.io/kubernetes/pkg/kubelet/container/testing"
	"k8s.io/kubernetes/pkg/kubelet/images"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"

	"github.com/pullpolicy/pullpolicy/harness"
)

// A node is the state of one, as explain takes it.
type node struct {
	KubernetesVersion string        `json:"kubernetesVersion,omitempty"`
	Images            []nodeImage   `json:"images,omitempty"`
	Verification      *verification `json:"verification,omitempty"`
	Registry          string        `json:"registry,omitempty"`
	Credentials       string        `json:"credentials,omitempty"`
}

type nodeImage struct {
	Name    string `json:"name"`
	Arrived string `json:"arrived"`
}

type verification struct {
	Policy    kubeletconfig.ImagePullCredentialsVerificationPolicy `json:"policy"`
	Allowlist []string                                             `json:"allowlist,omitempty"`
}

func allowlist(patterns ...string) *verification {
	return &verification{kubeletconfig.NeverVerifyAllowlistedImages, patterns}
}

func (n node) value() ast.Value { return must(ast.InterfaceToValue(n)) }

// A kubelet is the image manager of a real one on a node.
type kubelet struct {
	images.ImageManager
	context context.Context
	node    node
	runtime *runtimeService
	records *records
	arrived []kubecontainer.Image
	pods    int
}

// newKubelet returns a kubelet that keeps its records below dir, after the node's images have arrived.
func newKubelet(dir string, n node) *kubelet {
	k := &kubelet{
		context: klog.NewContext(context.Background(), klog.Logger{}), // which logs nothing
		runtime: &runtimeService{FakeRuntime: new(containertesting.FakeRuntime)},
		node:    n,
	}
	verifies := verification{Policy: kubeletconfig.NeverVerifyPreloadedImages}
	if n.Verification != nil {
		verifies = *n.Verification
	}
	enforcer := must(pullmanager.NewImagePullCredentialVerificationPolicy(verifies.Policy, verifies.Allowlist))
	k.records = &records{PullRecordsAccessor: must(pullmanager.NewFSPullRecordsAccessor(klog.Logger{}, must(os.MkdirTemp(dir, ""))))}
	k.ImageManager = images.NewImageManager(
		new(record.FakeRecorder),
		new(credentialprovider.BasicDockerKeyring),
		k.runtime,
		must(pullmanager.NewImagePullManager(k.context, k.records, enforcer, k.runtime, 1)),
		flowcontrol.NewBackOff(10*time.Second, 5*time.Minute),
		false, nil, 0, 0,
		pullingTimes{},
	)
	for _, image := range n.Images {
		k.receive(image)
	}
	k.records.frozen = true
	k.arrived = k.runtime.ImageList
	k.runtime.Err = registryErrors[n.Registry]
	return k
}

// registryErrors are what the runtime returns, by the state of the registry.
var registryErrors = map[string]error{
	"up":               nil,
	"refused":          errors.New("connection refused"),
	"unavailable":      fmt.Errorf("%w: the registry is being moved", crierrors.ErrRegistryUnavailable),
	"signatureInvalid": fmt.Errorf("%w: no key fits", crierrors.ErrSignatureValidationFailed),
}

func (k *kubelet) receive(image nodeImage) {
	var err error
	switch image.Arrived {
	case "preloaded":
		_, _, err = k.runtime.PullImage(k.context, kubecontainer.ImageSpec{Image: image.Name}, nil, nil)
	case "anonymous":
		err = k.ensure(k.pod(), container{image.Name, "Always"}, "none")
	default:
		err = k.ensure(k.pod(), container{image.Name, "Always"}, "same")
	}
	if err != nil || k.runtime.authorised != (image.Arrived == "secret") {
		panic(fmt.Sprintf("%+v did not arrive so: %v", image, err))
	}
}

// start starts a container of a new Pod, and once more where the pull fails. It leaves the node as it was.
func (k *kubelet) start(c container) harness.Start {
	k.runtime.ImageList = slices.Clone(k.arrived)
	pod, asked := k.pod(), k.runtime.asked
	err := k.ensure(pod, c, k.node.Credentials)
	start := harness.Start{Pull: k.runtime.asked > asked}
	switch {
	case err != nil:
		start.Outcome = err.Error()
	case start.Pull:
		start.Outcome = "pulled"
	default:
		start.Outcome = "cached"
	}
	if err == nil || !start.Pull {
		return start
	}
	asked = k.runtime.asked
	if err := k.ensure(pod, c, k.node.Credentials); err != nil && k.runtime.asked == asked {
		start.Retry = err.Error()
	}
	return start
}

func (k *kubelet) pod() *corev1.Pod {
	k.pods++
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: types.UID(fmt.Sprint(k.pods))}}
}

func (k *kubelet) ensure(pod *corev1.Pod, c container, credentials string) error {
	sandbox := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{Uid: string(pod.UID)}}
	_, _, err := k.EnsureImageExists(k.context, &corev1.ObjectReference{}, pod, c.image, pullSecrets(credentials, c.image), sandbox, "", corev1.PullPolicy(c.policy))
	return err
}

// pullSecrets returns the pull secrets of a Pod, for an image that came with the same.
func pullSecrets(credentials, image string) []corev1.Secret {
	switch credentials {
	case "same":
		return pullSecret("registry", "before", image)
	case "same-content":
		return pullSecret("copy", "before", image)
	case "rotated":
		return pullSecret("registry", "after", image)
	case "other":
		return pullSecret("other", "other", image)
	}
	return nil
}

func pullSecret(name, password, image string) []corev1.Secret {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return nil
	}
	host, _, _ := strings.Cut(named.Name(), "/")
	auths := map[string]any{host: map[string]string{"username": "shop", "password": password}}
	return []corev1.Secret{{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name)},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: must(json.Marshal(map[string]any{"auths": auths}))},
	}}
}

// A runtimeService is the kubelet's fake runtime, but keeps images by what their names mean, as containerd and CRI-O do.
type runtimeService struct {
	*containertesting.FakeRuntime
	asked      int
	authorised bool // the last time
}

func (r *runtimeService) GetImageRef(ctx context.Context, spec kubecontainer.ImageSpec) (string, error) {
	return r.FakeRuntime.GetImageRef(ctx, meant(spec))
}

func (r *runtimeService) PullImage(ctx context.Context, spec kubecontainer.ImageSpec, credentials []credentialprovider.TrackedAuthConfig, sandbox *runtimeapi.PodSandboxConfig) (string, *credentialprovider.TrackedAuthConfig, error) {
	r.asked++
	r.authorised = len(credentials) > 0
	return r.FakeRuntime.PullImage(ctx, meant(spec), credentials, sandbox)
}

func meant(spec kubecontainer.ImageSpec) kubecontainer.ImageSpec {
	spec.Image = must(reference.ParseDockerRef(spec.Image)).String()
	return spec
}

// records are the kubelet's on disk, to which nothing is written while they are frozen.
type records struct {
	pullmanager.PullRecordsAccessor
	frozen bool
}

func (r *records) WriteImagePullIntent(logger klog.Logger, image string) error {
	if r.frozen {
		return nil
	}
	return r.PullRecordsAccessor.WriteImagePullIntent(logger, image)
}

func (r *records) DeleteImagePullIntent(logger klog.Logger, image string) error {
	if r.frozen {
		return nil
	}
	return r.PullRecordsAccessor.DeleteImagePullIntent(logger, image)
}

func (r *records) WriteImagePulledRecord(logger klog.Logger, record *kubeletconfig.ImagePulledRecord) error {
	if r.frozen {
		return nil
	}
	return r.PullRecordsAccessor.WriteImagePulledRecord(logger, record)
}

// pullingTimes are of no interest here.
type pullingTimes struct{}

func (pullingTimes) RecordImageStartedPulling(types.UID)  {}
func (pullingTimes) RecordImageFinishedPulling(types.UID) {}
