"""How many of the nodes a check probes: all of them, or a sample, and the others turn by turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, GetPydanticSchema
from pydantic_core.core_schema import no_info_wrap_validator_function

from netwatch.options import Duration, Options
from netwatch.wire.duration import format_duration

MOST_FOR_ALL = 30
"""With `auto`, up to so many nodes probe each other."""
ATTEMPTS = 5
"""How often a node is probed in its turn: to see loss, and not to be in the way of others."""
FEWEST_TURNS = 10
"""With `auto`, a rotation has more: in few turns, each would be nearly everybody."""


class PeersOptions(Options):
    """A sample of the nodes; each is in that of as many others."""

    sample: Annotated[int, Field(ge=1)] = 10
    """How many nodes each node probes all the time, and by how many it is probed."""
    rotate: Duration = 600.0
    """The time in which all others have their turn; `0s` is never."""


Word = Literal["auto", "all"]


def _word_or_options(
    value: object, options: Callable[[object], PeersOptions]
) -> Word | PeersOptions:
    """Tell them apart at once, so that nobody is told what would be wrong with the other."""
    if value == "auto" or value == "all":  # noqa: PLR1714  # so that mypy knows which it is
        return value
    if isinstance(value, Mapping | PeersOptions):
        return options(value)
    raise ValueError("expected auto, all or a mapping")


Peers = Annotated[
    Word | PeersOptions,
    GetPydanticSchema(
        lambda union, handler: no_info_wrap_validator_function(
            _word_or_options, handler(PeersOptions), json_schema_input_schema=handler(union)
        )
    ),
]
"""`auto` is `all` up to 30 nodes, and above that a sample with the defaults of its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersPlan:
    """What the configuration says of peers, worked out for the beat of a probe."""

    is_automatic: bool
    """Whether all are probed while they are few, or not known for nodes."""
    sample: int
    turns: int
    """In how many turns all others are met; 0 for never."""
    turn_seconds: float

    @property
    def rotation_seconds(self) -> float:
        """In which time all others are met."""
        return self.turns * self.turn_seconds


def plan_peers(peers: Peers, interval: float, timeout: float) -> PeersPlan | None:
    """Return the plan; None where everybody probes everybody.

    Raises ValueError for a rotation in which there is no time for even one turn.
    """
    if peers == "all":
        return None
    # One interval until the first attempt, then all of them, and the last may take its time.
    shortest = (ATTEMPTS + 1) * interval + timeout
    options = PeersOptions() if peers == "auto" else peers
    rotate = max(options.rotate, FEWEST_TURNS * shortest) if peers == "auto" else options.rotate
    turns = int(rotate / shortest)
    if rotate and not turns:
        raise ValueError(
            f"found rotate {format_duration(rotate)}, expected at least "
            f"{format_duration(shortest)}: time for {ATTEMPTS} attempts at the probe's interval"
        )
    return PeersPlan(
        is_automatic=peers == "auto",
        sample=options.sample,
        turns=turns,
        turn_seconds=rotate / turns if turns else 0.0,
    )
