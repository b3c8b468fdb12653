"""The portal as people meet it: a served one, in a real browser."""
