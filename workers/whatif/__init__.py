"""A draft of the law tried on facts that happened: who gains, who would owe."""
