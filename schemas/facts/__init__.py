"""Which facts each clause of the law needs, as data, and the check that every one of them has a field."""
