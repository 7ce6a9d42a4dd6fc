"""The hospital window: HTTP in front of the journal. It decides nothing and keeps nothing that money depends on."""
