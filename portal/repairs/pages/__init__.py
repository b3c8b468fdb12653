"""Pages of the repairs room."""
