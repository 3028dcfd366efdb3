//go:build !exhaustive

package pack_test

const exhaustive = false
