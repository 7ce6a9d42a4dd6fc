"""The directory: certificate → person number. The one place where certificate numbers exist (docs/directory.md)."""
