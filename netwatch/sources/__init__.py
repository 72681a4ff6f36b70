"""The sources there are: each one file with its options."""
