"""The seeded simulator: the real client against the real server, with everything that goes wrong
between them (rules 37, 38). Time is a value; nothing sleeps."""
