"""The full trace of a decision, from its compact steps: sentences, citations, what did not apply and why, readings."""
