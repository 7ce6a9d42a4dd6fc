"""How an identity covers a bill; the codes stand behind the group in the step of `choose_identity`."""

from __future__ import annotations

VALID, APPLIED, GRACE, RETRO, ADMITTED, STAY = "", ".applied", ".grace", ".retro", ".admitted", ".stay"
BEFORE = ".before"  # in the window before a new recognition (DT-3.3)
YEAR = ".year"  # held on another day of the calendar year (DT-A11)
DOUBT = ".doubt"  # a fact that was not stated could open the group
UNAPPLIED = ".unapplied"  # held, but only on an application that did not come
