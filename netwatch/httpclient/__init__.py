"""Asking by HTTP/1.1 with each phase timed: what the probes that speak it stand on."""
