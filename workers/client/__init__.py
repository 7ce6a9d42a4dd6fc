"""The hospital's side: a small client to copy or to learn from."""
