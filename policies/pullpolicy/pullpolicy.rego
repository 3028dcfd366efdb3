# METADATA
# title: pullpolicy
# description: what Kubernetes does with imagePullPolicy, and the mistakes that can be made with it
# scope: subpackages
# schemas:
#   - input: schema.input
package pullpolicy
