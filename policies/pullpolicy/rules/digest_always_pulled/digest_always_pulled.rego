# METADATA
# title: Pinned image that is pulled at every start
# description: |
#   The image is pinned by digest and pulled with Always, declared or by default (with the tag latest, the default
#   is Always even beside a digest). Each start asks the registry for content that cannot change, and fails while
#   the registry is down. Not reported where Always is needed to verify pull secrets, or where no other policy is
#   allowed.
# custom:
#   message: "{who} has a digest, and with {how} depends on the registry for no benefit"
#   severity: {baseline: warning, strict: warning, always: "off", airgapped: "off", multi-tenant: "off"}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.digest_always_pulled

import data.pullpolicy.advice
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "allow IfNotPresent for it") if {
	some use in uses.found
	use.reference.digest != ""
	use.effective == "Always"
	not use.unverified
	advice.cacheable(use)
	message := strings.replace_n({"{who}": result.who(use), "{how}": result.how(use)}, template)
}
