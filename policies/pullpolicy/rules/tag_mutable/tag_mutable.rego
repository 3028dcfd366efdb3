# METADATA
# title: Tag that moves
# description: |
#   The reference has no digest, and no tag, the tag latest, or a tag that the parameter mutableTags calls mutable: it
#   can name other content tomorrow, and a rollback cannot name what ran before.
# custom:
#   severity: {baseline: warning, strict: error, always: warning, airgapped: error, multi-tenant: warning}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.tag_mutable

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.image(use, message, "write a version tag or a digest") if {
	some use in uses.found
	use.mutable

	message := concat("", [
		result.who(use), " uses ", result.what(use), ", whose ", _tag(use.reference.tag),
		" moves, so what runs depends on the hour of the pull",
	])
}

_tag("") := "implied tag latest"

_tag(tag) := concat(" ", ["tag", tag]) if tag != ""
