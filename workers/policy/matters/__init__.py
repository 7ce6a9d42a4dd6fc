"""What the law wants of a person besides the money of a bill: see docs/matters.md."""
