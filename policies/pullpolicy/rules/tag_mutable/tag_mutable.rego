# METADATA
# title: Tag that moves
# description: |
#   The image has no digest, and its tag is missing, latest, or matched by the parameter mutableTags. It can name
#   other content tomorrow, and a rollback cannot name what ran before. To get the digest, run crane digest IMAGE or
#   docker buildx imagetools inspect IMAGE.
# custom:
#   message: "{who} has {tag}, so what runs depends on when it was pulled"
#   severity: {baseline: warning, strict: error, always: warning, airgapped: error, multi-tenant: warning}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.tag_mutable

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.image(use, message, remedy) if {
	some use in uses.found
	use.mutable
	message := strings.replace_n({"{who}": result.who(use), "{tag}": result.tag(use)}, template)
	remedy := concat("", [result.pin, _command(use)])
}

# the command that prints the digest, where the image is known
_command(use) := " (crane digest IMAGE)" if {
	use.reference.valid
} else := ""
