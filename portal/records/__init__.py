"""Records: the company's controlled forms, filled in from a case, on the screen and on A4."""
