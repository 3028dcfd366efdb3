// Package hosts runs the fixtures through the real programs that host the policies and demands the embedded
// engine's verdict of each. Its tests need those programs, so they have the build tag hosts: make hosts.
package hosts
