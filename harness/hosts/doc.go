// Package hosts runs the fixtures through the real programs that host the policies and demands the embedded
// engine's verdict of each; and OPA servers, with the configuration that ships, through what a fleet lives through. Its
// tests need those programs, so they have the build tag hosts: make hosts.
package hosts
