"""The audit: an independent program that accounts for every record and every fen on the log (docs/audit.md).

It has its own decoder and its own constants and imports nothing of the workers it judges (import rule in pyproject).
"""
