"""Input and output that rooms share."""
