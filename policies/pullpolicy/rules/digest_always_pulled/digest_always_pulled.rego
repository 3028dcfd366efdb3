# METADATA
# title: Pinned image that is pulled at every start
# description: |
#   The image is pinned by digest and pulled Always, declared or by default (the tag latest beside a digest still
#   defaults to Always). Each start asks a registry for content that cannot change, and fails while the registry is
#   down.
# custom:
#   severity: {baseline: warning, strict: warning, always: "off", airgapped: "off", multi-tenant: "off"}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.digest_always_pulled

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, "IfNotPresent", "allow IfNotPresent for it") if {
	some use in uses.found
	use.reference.digest != ""
	use.effective == "Always"

	message := concat("", [
		result.who(use), " uses ", result.what(use), ", whose content cannot change, with ", result.how(use),
		", so each start needs the registry for nothing",
	])
}
