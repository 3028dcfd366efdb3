# METADATA
# title: Image that does not parse
# description: |
#   The image is not a valid reference. The API server rejects an image that is missing or not text and, in a Pod,
#   one with blanks at its ends. It stores anything else unchecked, and the kubelet then fails every start with
#   InvalidImageName, whatever the policy.
# custom:
#   message: "{outcome}: its image {cause}"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.image_invalid

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.image(use, message, use.flaw.remedy) if {
	some use in uses.found
	not use.starts
	message := strings.replace_n({"{outcome}": _outcome(use), "{cause}": use.flaw.cause}, template)
}

_outcome(use) := concat(" ", ["the API server rejects", result.who(use)]) if {
	use.flaw.by == "api"
} else := concat(" ", [result.who(use), "cannot start (InvalidImageName)"])
