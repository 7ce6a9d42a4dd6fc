"""Our results beside what the platform paid, by cause, while a region is decided and not paid."""
