"""Which department may recognise people under which name; LZ-7a.

A rulebook names the departments of a name by words of their titles (民政: 民政部门, 市民政局). An identity that another
department sent does not count; one that does not say who recognised it is taken for what it is called.
"""

from __future__ import annotations

from workers.policy.types import Identity
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import ChooseIdentity

SEPARATOR = "、"


class Sources:
    """The departments of each name, where the instrument lays them down."""

    def __init__(self, rule: ChooseIdentity, context: Context) -> None:
        self.strict = rule.source is not None and context.pick(rule.source) == "named_department"
        named: dict[str, set[str]] = {}
        for each in (identity for group in context.book.group for identity in group.identity):
            for name in (each.name, *each.aliases):
                named.setdefault(name, set()).update(each.recognised_by.split(SEPARATOR))
        self.named = named

    def wrong(self, identity: Identity) -> bool:
        """True where it says that a department recognised it which may not."""
        if not self.strict or identity.recognised_by is None:
            return False
        return not any(word in identity.recognised_by for word in self.named.get(identity.identity, ()))
