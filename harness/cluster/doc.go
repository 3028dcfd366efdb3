// Package cluster demands of a real etcd and kube-apiserver, on the loopback and without controllers or nodes, what the
// policies say that Kubernetes stores. Its tests need those programs, so they have the build tag cluster: make cluster.
package cluster
