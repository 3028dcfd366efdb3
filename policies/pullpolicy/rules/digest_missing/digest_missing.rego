# METADATA
# title: Image without a digest
# description: |
#   The image is not pinned by digest, so its tag decides at each pull which content runs. To get the digest, run
#   crane digest IMAGE or docker buildx imagetools inspect IMAGE.
# custom:
#   message: "{who} has no digest, so whoever can push its tag decides what runs"
#   severity: {baseline: "off", strict: error, always: "off", airgapped: warning, multi-tenant: "off"}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.digest_missing

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.image(use, message, "append @sha256:<digest> (crane digest IMAGE)") if {
	some use in uses.found
	use.known
	use.reference.digest == ""
	message := strings.replace_n({"{who}": result.who(use)}, template)
}
