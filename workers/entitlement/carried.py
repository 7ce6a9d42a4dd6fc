"""What counts before the first bill: balances that were opened when we began, and compacted bills. Fen."""

from __future__ import annotations

from schemas.money import fen_of
from workers.entitlement.closed import closed_years
from workers.entitlement.gather import apart
from workers.entitlement.judge import MeasureYear, add_uses
from workers.entitlement.state import KNOWN, Layers
from workers.entitlement.turn import Turn

BALANCE = "balance.opened|"
"""How the keys of opening balances begin among the revised facts."""
_IN_BYTES = BALANCE.encode()


def carried(turn: Turn) -> dict[MeasureYear, Layers]:
    """Counters by (measure, year) as they stand before any bill. Balances of two keys of a person add up."""
    found = closed_years(turn)
    if _IN_BYTES not in (turn.packed.get(KNOWN) or b""):
        return found
    for key, held in turn.revised.others.items():
        for entry in apart(held) if key.startswith(BALANCE) else ():
            body = entry["body"]
            used = {name: fen_of(amount) for name, amount in body["used"].items()}
            place = body["measure"], body["year"]
            found[place] = add_uses(found.get(place, {}), used)
    return found
