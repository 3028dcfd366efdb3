//go:build exhaustive

package harness_test

const exhaustive = true
