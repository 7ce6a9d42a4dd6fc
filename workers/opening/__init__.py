"""Opening balances: a signed file, reconciled, checked dry, then written into the journal once."""
