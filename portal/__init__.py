"""Bihuan: a company's complaint and repair procedures, run as written."""
