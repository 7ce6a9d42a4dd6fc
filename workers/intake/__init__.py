"""Intake: where strangers' records stop. Every feed record becomes a journal record or a typed dead letter."""
