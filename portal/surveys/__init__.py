"""Surveys: what customers think of it after closing, and what a low rating sets going (P13)."""
