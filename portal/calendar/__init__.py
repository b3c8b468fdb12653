"""Working time: pure functions from (start, duration, company calendar) to a due time."""
