"""Notices: what people are told, in their inbox and by the channels that reach them outside it."""
