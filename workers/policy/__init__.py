"""Law as data: rulebooks, the closed verbs, citations proved against the text, explained decisions. Pure."""
