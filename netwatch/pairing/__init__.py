"""Whom of many nodes each probes all the time; pure, and the same on all agents."""
