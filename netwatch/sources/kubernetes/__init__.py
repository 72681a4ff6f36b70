"""The halves of `nodes`, `endpoints`, `pods` and `services` that need the extra `kubernetes`."""
