"""Topics of the registry on a cluster: `tuodi topics plan|apply`, and the opening of a new journal."""
