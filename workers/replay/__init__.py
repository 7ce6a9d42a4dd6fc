"""Intake and ledger over a file, without a broker."""
