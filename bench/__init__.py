"""`python -m bench`: what an event costs, how long it takes, how fast backlog and state come back (docs/bench.md)."""
