"""Codecs: text or bytes to values and back. No clock, no socket, no log."""
