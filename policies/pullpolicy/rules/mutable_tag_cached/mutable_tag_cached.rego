# METADATA
# title: Moving tag that nodes do not pull again
# description: |
#   A tag that moves is used with IfNotPresent or Never. Each node keeps the content that it first pulled for that
#   tag, so nodes differ from each other and from the registry. Not reported where an init container pulls the same
#   image with Always first.
# custom:
#   message: "{who} has {tag} and {policy}, so nodes keep old content"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.mutable_tag_cached

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.moving(use, message) if {
	some use in uses.found
	use.mutable
	use.effective in {"IfNotPresent", "Never"}
	not use.refreshed
	message := strings.replace_n({"{who}": result.who(use), "{tag}": result.tag(use), "{policy}": use.effective}, template)
}
