# METADATA
# description: |
#   the policy that the API server stores where none is declared (SetDefaults_Container and
#   SetDefaults_Volume, the same for every container list and for image volumes since 1.31)
package pullpolicy.defaults

# METADATA
# description: Always for the tag latest and for no tag at all, else IfNotPresent; what does not parse has no tag
policy(reference) := "Always" if {
	reference.tag == "latest"
} else := "Always" if {
	reference.valid
	reference.tag == ""
	reference.digest == ""
} else := "IfNotPresent"

# METADATA
# description: why that policy is the default, as a clause
why(reference) := "the reference does not parse" if {
	not reference.valid
} else := "the tag is latest, whatever the digest" if {
	reference.tag == "latest"
	reference.digest != ""
} else := "the tag is latest" if {
	reference.tag == "latest"
} else := "a digest is given" if {
	reference.digest != ""
} else := "no tag means latest" if {
	reference.tag == ""
} else := "the tag is not latest"
