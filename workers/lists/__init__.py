"""Lists: monthly lists of identities, checked, differenced against the months before, published (docs/lists.md)."""
