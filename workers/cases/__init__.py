"""Worked examples of the law: Markdown timelines that a clerk writes, read, decided and compared."""
