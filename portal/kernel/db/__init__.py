"""The database: engine, units of work, base class and column types."""
