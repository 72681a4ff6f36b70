"""The Kubernetes API: asking it, and keeping up with what it says."""
