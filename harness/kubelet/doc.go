// Package kubelet starts Pods on a real kubelet and demands that what it does with their images is what the policies
// say. Its tests need root on Linux, and a kubelet, containerd, runc and a registry, so they have the build tag kubelet:
// make kubelet.
package kubelet
