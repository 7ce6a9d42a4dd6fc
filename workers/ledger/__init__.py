"""The ledger: the fold of one journal partition, joining `entitlement` and `policy` to the runtime."""
