"""How the journal records its own renewals: by Commits without events.

Who began a renewal, and how it ended, changes no aggregate, and a build that does not know these
commands reads them like any other Commit. The facts of the outcome have the rest.
"""

from typing import Final, Literal

RENEW: Final = "journal.renew"
"""Kind of the command with which an operator begins a renewal. Facts: `signed_by`, `from` (the
generation in use) and `to` (the one that is to be)."""
END_RENEWAL: Final = "journal.end_renewal"
"""Kind of the command with which the leader records the end. Facts: as above, and `generation`
(the one in use then), `ended`, `reason`."""
BEGUN: Final = "renewal_begun"
ENDED: Final = "renewal_ended"
"""Codes of the outcomes of the two."""

RenewalEnd = Literal["done", "failed", "interrupted"]
"""`failed`: by an error, of which `reason` is the type. `interrupted`: the leader changed before
the old log was closed."""
