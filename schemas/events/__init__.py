"""What others send us: pydantic models, a file per family of events. Tolerant in: fields we do not know are dropped."""
