"""Where results go: each sink one file."""
