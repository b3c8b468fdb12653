"""Pages of the company room."""
