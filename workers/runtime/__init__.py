"""Stateful and stateless workers over a log: ownership, checkpoints, restore, health. Knows no medicine."""
