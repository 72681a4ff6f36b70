"""Which colours values have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.grafana import Json


@dataclass(frozen=True)
class Scale:
    """A colour from the bottom on, and others from each of these values on."""

    first: str
    steps: Mapping[float, str] = field(default_factory=dict)

    def model(self) -> Json:
        """Return the keys of a field that say so."""
        steps = [{"color": color, "value": value} for value, color in self.steps.items()]
        thresholds = {"mode": "absolute", "steps": [{"color": self.first, "value": None}, *steps]}
        return {"color": {"mode": "thresholds"}, "thresholds": thresholds}


@dataclass(frozen=True)
class Gradient:
    """From green to red between the smallest and the largest value that is shown.

    For what has no limits that hold everywhere: a round trip of 20 ms is long in a rack, and short
    between continents.
    """

    def model(self) -> Json:
        """Return the keys of a field that say so."""
        return {"color": {"mode": "continuous-GrYlRd"}}


PLAIN = Scale("text")
LOSS = Scale("green", {0.001: "yellow", 0.01: "orange", 0.1: "red"})
"""Shares of what should not be."""
SUCCESS = Scale("red", {0.9: "orange", 0.99: "yellow", 0.999: "green"})
"""Shares of what should be."""
ANY_IS_BAD = Scale("green", {1: "red"})
"""Counts of what should not be."""
ANY_IS_NEWS = Scale("green", {1: "orange"})
"""Counts of what may be."""
GRADIENT = Gradient()

AnyScale = Scale | Gradient
