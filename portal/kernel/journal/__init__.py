"""The journal: what was done, by whom, when, from where; append-only and tamper-evident (R2)."""
