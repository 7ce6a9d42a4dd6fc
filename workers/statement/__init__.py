"""One plain page for the person: what was paid, why this amount, whom to ask."""
