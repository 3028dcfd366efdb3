// Package policies holds the Rego policy bundle.
package policies

import "embed"

// FS is the bundle's source: .manifest, the modules and their tests.
//
//go:embed .manifest pullpolicy
var FS embed.FS
