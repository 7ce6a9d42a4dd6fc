"""Gates: what proves that the law as data is whole, guarded by examples, and changes no result unsaid."""
