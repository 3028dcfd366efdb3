// Package cluster demands of a real etcd, kube-apiserver and Gatekeeper, on the loopback and without controllers or nodes,
// what the policies say that Kubernetes stores, admits, rejects and finds in an audit. Its tests need those programs, so
// they have the build tag cluster: make cluster.
package cluster
