"""What a clerk does with a rulebook: check, read beside its text, compare, adopt."""
