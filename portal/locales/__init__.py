"""The Chinese texts, and how they are kept complete."""
