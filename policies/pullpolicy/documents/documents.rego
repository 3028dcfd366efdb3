# METADATA
# description: |
#   the parameters that data holds. Gatekeeper has none: its parameters are in the input, and its template goes
#   without this package.
package pullpolicy.documents

import data.pullpolicy.shipped
import data.pullpolicy_parameters

# METADATA
# description: |
#   those that the bundle brings (bundle build --parameters), and over them the consumer's own document,
#   data.pullpolicy_parameters; null where there are none
parameters := [_shipped, _consumers]

default _shipped := null

_shipped := shipped.parameters

default _consumers := null

# regal ignore:pointless-reassignment
_consumers := pullpolicy_parameters
