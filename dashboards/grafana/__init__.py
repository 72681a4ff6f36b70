"""The few words of Grafana's dashboard model (classic, Grafana 11) that netwatch needs."""

from typing import Any

Json = dict[str, Any]
"""A piece of that model."""
