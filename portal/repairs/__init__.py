"""Sending an engineer: who goes (P06.3), and when (P06.4)."""
