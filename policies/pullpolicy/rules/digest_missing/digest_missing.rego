# METADATA
# title: Image not pinned by digest
# description: |
#   The image is not pinned by digest, so its tag decides at each pull which content runs.
# custom:
#   severity: {baseline: "off", strict: error, always: "off", airgapped: warning, multi-tenant: "off"}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.digest_missing

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.image(use, message, "append @sha256:<digest>") if {
	some use in uses.found
	use.known
	use.reference.digest == ""

	message := concat("", [
		result.who(use), " uses ", result.what(use),
		" without a digest, so whoever can push that tag decides what runs",
	])
}
