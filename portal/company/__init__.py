"""The company's own calendar: working week, holidays, make-up days, confirmed years (R5)."""
