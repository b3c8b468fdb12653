"""The commands of ``python -m portal``, one a file."""
