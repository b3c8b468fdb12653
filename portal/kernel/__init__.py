"""What every room stands on: settings, database, journal, acts, problems, pages. Knows no room."""
