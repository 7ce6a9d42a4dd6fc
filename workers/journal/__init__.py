"""The one way into the journal (records.md §1): keys, partitions, records, the clock, adoptions, the export."""
