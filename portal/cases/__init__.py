"""Cases: the spine. Tasks, limits, pauses, escalation; only `advancing` writes tasks and limits."""
