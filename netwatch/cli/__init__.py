"""The shell commands: one file a command; each parses and calls, and decides nothing."""
