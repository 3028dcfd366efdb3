//go:build kubernetes1.35 || kubernetes1.36

// Command older reads nodes from standard input, as a list in JSON, and writes what copies of images they have for Pods:
// by the pull manager of an older Kubernetes, whose source is overlaid on the folder pullmanager.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/distribution/reference"
	"github.com/pullpolicy/pullpolicy/harness/conformance/older/pullmanager"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// A trial is images that a node has, by how they arrived, what it verifies, and the images that a Pod with credentials
// starts there.
type trial struct {
	Images []struct {
		Name    string
		Arrived string // preloaded, anonymous or secret
	}
	Verification struct {
		Policy    config.ImagePullCredentialsVerificationPolicy
		Allowlist []string
	}
	Credentials string // none, same, same-content, rotated or other
	Started     []string
}

// An answer is why the kubelet does not start with what it is to verify, or what the node's copy of each image is for
// the Pod: absent, usable or withheld.
type answer struct {
	Rejected string
	Copies   []string
}

func main() {
	if err := run(bufio.NewReader(os.Stdin), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "older:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var trials []trial
	if err := json.NewDecoder(in).Decode(&trials); err != nil {
		return fmt.Errorf("read trials: %w", err)
	}
	answers := make([]answer, len(trials))
	for i, t := range trials {
		var err error
		if answers[i], err = t.run(klog.NewContext(context.Background(), klog.Logger{})); err != nil {
			return fmt.Errorf("trial %d: %w", i, err)
		}
	}
	return json.NewEncoder(out).Encode(answers)
}

func (t trial) run(ctx context.Context) (answer, error) {
	policy, err := pullmanager.NewImagePullCredentialVerificationPolicy(t.Verification.Policy, t.Verification.Allowlist)
	if err != nil {
		return answer{Rejected: err.Error()}, nil
	}
	kept := &records{memory{pulled: map[string]*config.ImagePulledRecord{}}}
	manager, err := pullmanager.NewImagePullManager(ctx, kept, policy, nil, 1)
	if err != nil {
		return answer{}, err
	}
	var there []string
	for _, image := range t.Images {
		content, err := contentOf(image.Name)
		if err != nil {
			return answer{}, err
		}
		there = append(there, content)
		switch image.Arrived {
		case "anonymous":
			manager.RecordImagePulled(ctx, withTag(image.Name), content, &config.ImagePullCredentials{NodePodsAccessible: true})
		case "secret":
			manager.RecordImagePulled(ctx, withTag(image.Name), content, &config.ImagePullCredentials{KubernetesSecrets: secrets("same")})
		}
	}
	kept.frozen = true

	var copies []string
	for _, image := range t.Started {
		content, err := contentOf(image)
		if err != nil {
			return answer{}, err
		}
		if !slices.Contains(there, content) {
			copies = append(copies, "absent")
			continue
		}
		must, err := manager.MustAttemptImagePull(ctx, image, content, func() ([]config.ImagePullSecret, *config.ImagePullServiceAccount, error) {
			return secrets(t.Credentials), nil, nil
		})
		if err != nil {
			return answer{}, err
		}
		copies = append(copies, map[bool]string{true: "withheld", false: "usable"}[must])
	}
	return answer{Copies: copies}, nil
}

// contentOf is what an image's name means to containerd and CRI-O.
func contentOf(image string) (string, error) {
	named, err := reference.ParseDockerRef(image)
	if err != nil {
		return "", err
	}
	return named.String(), nil
}

// withTag is the image as the kubelet records it, with the tag that none means.
func withTag(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err == nil && reference.IsNameOnly(named) {
		return image + ":latest"
	}
	return image
}

func secrets(credentials string) []config.ImagePullSecret {
	secret := func(name, hash string) []config.ImagePullSecret {
		return []config.ImagePullSecret{{UID: name, Namespace: "shop", Name: name, CredentialHash: hash}}
	}
	switch credentials {
	case "same":
		return secret("registry", "before")
	case "same-content":
		return secret("copy", "before")
	case "rotated":
		return secret("registry", "after")
	case "other":
		return secret("other", "other")
	}
	return nil
}

// memory keeps what the kubelet keeps on disk. Once frozen, it forgets what is written.
type memory struct {
	pulled map[string]*config.ImagePulledRecord
	frozen bool
}

func (m *memory) ListImagePullIntents() ([]*config.ImagePullIntent, error) { return nil, nil }

func (m *memory) ImagePullIntentExists(string) (bool, error) { return false, nil }

func (m *memory) ListImagePulledRecords() ([]*config.ImagePulledRecord, error) { return nil, nil }

func (m *memory) GetImagePulledRecord(imageRef string) (*config.ImagePulledRecord, bool, error) {
	record, found := m.pulled[imageRef]
	return record, found, nil
}

func (m *memory) write(record *config.ImagePulledRecord) {
	if !m.frozen {
		m.pulled[record.ImageRef] = record
	}
}
