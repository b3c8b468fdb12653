"""Procedures as data: definitions, their files and checks, and the pure engine that runs them."""
