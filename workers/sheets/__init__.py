"""Tables that offices send, read row by row in bounded memory: CSV (UTF-8, GB18030), XLSX, NDJSON; and progress."""
