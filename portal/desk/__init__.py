"""The desk: the first page of everybody inside."""
