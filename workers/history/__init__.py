"""History: the SQL read model of persons, bills and decisions, and what is asked of it."""
