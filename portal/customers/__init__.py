"""Customers: who turns to the company."""
