//go:build kubernetes1.36

package main

import (
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// records is the kubelet's memory, as Kubernetes 1.36 asks for it.
type records struct{ memory }

func (r *records) WriteImagePullIntent(klog.Logger, string) error { return nil }

func (r *records) DeleteImagePullIntent(klog.Logger, string) error { return nil }

func (r *records) DeleteImagePulledRecord(klog.Logger, string) error { return nil }

func (r *records) WriteImagePulledRecord(_ klog.Logger, record *config.ImagePulledRecord) error {
	r.write(record)
	return nil
}
