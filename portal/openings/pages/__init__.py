"""Pages of the openings room."""
