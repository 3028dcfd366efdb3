# METADATA
# title: Default of an earlier image
# description: |
#   The stored policy is the default of an earlier image, kept when the image changed: patch, apply, Helm and
#   kubectl set image leave the field as it is. An update shows this by the object that it replaces. A stored object
#   shows it only if it was applied: its last-applied annotation has no policy, or managedFields (kubectl get
#   --show-managed-fields) names no owner of the field. An object that was created without apply owns its defaults
#   as if they were written, so it shows nothing. A policy that kubectl edit wrote into an applied object is told
#   apart by managedFields; one that a webhook wrote is not.
# custom:
#   message: "{who} keeps {policy}, {evidence}, though its image means {default}"
#   severity: {baseline: warning, strict: error, always: warning, airgapped: warning, multi-tenant: warning}
#   applies: {ci: stored objects, admission: updates, audit: applied objects}
package pullpolicy.rules.policy_stale

import data.pullpolicy.advice
import data.pullpolicy.histories
import data.pullpolicy.result

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "write the policy you mean") if {
	some history in histories.unchosen
	use := history.use
	advice.policy(use) != use.declared
	message := strings.replace_n(
		{
			"{who}": result.who(use),
			"{policy}": use.declared,
			"{evidence}": history.evidence,
			"{default}": use["default"],
		},
		template,
	)
}
