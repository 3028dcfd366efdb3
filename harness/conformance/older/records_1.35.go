//go:build kubernetes1.35

package main

import (
	"k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// records is the kubelet's memory, as Kubernetes 1.35 asks for it.
type records struct{ memory }

func (r *records) WriteImagePullIntent(string) error { return nil }

func (r *records) DeleteImagePullIntent(string) error { return nil }

func (r *records) DeleteImagePulledRecord(string) error { return nil }

func (r *records) WriteImagePulledRecord(record *config.ImagePulledRecord) error {
	r.write(record)
	return nil
}
