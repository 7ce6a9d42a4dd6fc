"""One person's entitlement: the pure fold of what happened to a person into bills, counters, decisions and tasks."""
