# METADATA
# description: |
#   what the active bundle says may be asked for: the entrypoints in its manifest. Everything else in it is a step on
#   the way there, and may hold whole manifests
package system.entrypoints

import data.system.bundles

# METADATA
# title: Rules
# description: the path of each entrypoint below data
rules contains split(path, "/") if some path in bundles.pullpolicy.manifest.metadata.entrypoints

# METADATA
# title: Packages
# description: the path of each package that is an answer as a whole, which has an entrypoint of the package's own name
packages contains package_path if {
	some path in rules
	package_path := array.slice(path, 0, count(path) - 1)
	path[count(path) - 1] == package_path[count(package_path) - 1]
}
