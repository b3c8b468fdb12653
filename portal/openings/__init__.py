"""Openings: what customers see and do by link, without an account (R7)."""
