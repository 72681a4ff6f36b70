"""What all kinds of modules have in common, and what a kind says of itself."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, NoReturn, Protocol, Self, TypeVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticOmit
from pydantic_core.core_schema import no_info_before_validator_function

from netwatch.attempt import Probe
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.lookup import Preference
from netwatch.compat.blackbox.report import Report
from netwatch.endpoint import Endpoint
from netwatch.model import Result, Target
from netwatch.net.ping.engine import PingOptions
from netwatch.net.ping.single import Reply
from netwatch.options import Options
from netwatch.probe import AttemptOptions, Services
from netwatch.wire.document import dotted

ProbeOptionsT = TypeVar("ProbeOptionsT", bound=AttemptOptions)


class Ping(Protocol):
    """Sends one packet to a target."""

    async def __call__(self, target: Target, options: PingOptions) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What a module is lent for one probe."""

    services: Services
    ping: Ping
    timeout_seconds: float
    allow: Callable[[str], None]
    """Raises for an IP address that may not be connected to."""
    tell: Callable[[str, Mapping[str, str]], None]
    """Is told the family and the labels of what a server said."""


class ModuleKind(Options):
    """The keys that every kind has."""

    model_config = ConfigDict(defer_build=True)  # for the few who have such a file: 1 MiB

    preferred_ip_protocol: Literal["ip4", "ip6"] = "ip6"
    """Which of a name's addresses are used."""
    ip_protocol_fallback: bool = True
    """Whether those of the other protocol are, where there are none."""

    @property
    def preference(self) -> Preference:
        """The same, for the lookup."""
        return Preference(int(self.preferred_ip_protocol[-1]), self.ip_protocol_fallback)

    def asking_for(self, hostname: str) -> Self:
        """Return what probes the host of that name, whatever the target's address is.

        Raises ValueError where the module's configuration says another one.
        """
        del hostname
        return self

    @abstractmethod
    def endpoint(self, target: str) -> Endpoint:
        """Return what `target` means, still without an address. Raises ValueError."""

    @abstractmethod
    def open(self, lent: Lent) -> Probe:
        """Return what makes the attempt."""

    @abstractmethod
    def report(self, result: Result, handshake: LastHandshake) -> Report:
        """Say what an attempt found, by the names of blackbox_exporter."""


class ProbedKind(ModuleKind, Generic[ProbeOptionsT]):
    """A kind that becomes one of our probes, whose options must be good when the file is read."""

    @abstractmethod
    def options(self) -> ProbeOptionsT:
        """Return the options of the probe."""

    @model_validator(mode="after")
    def _can_be_probed(self) -> Self:
        try:
            self.options()
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            key = dotted(detail["loc"]) or "together"
            raise ValueError(f"{key}: {detail['msg'].removeprefix('Value error, ')}") from None
        return self


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Annotates a key that netwatch cannot honour: an error, unless its value changes nothing."""

    what: str
    harmless: tuple[object, ...] = ()

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_before_validator_function(self._refuse, handler(source))

    def __get_pydantic_json_schema__(self, *_: object) -> NoReturn:
        # So that it is not told among the keys that are expected.
        raise PydanticOmit

    def _refuse(self, value: object) -> object:
        if value in self.harmless:
            return value
        raise ValueError(f"netwatch does not support {self.what}, expected no such key")


def checked(check: Callable[[Any], object]) -> Any:
    """Annotate a value that is kept as it is written, once `check` has raised no ValueError."""

    def keep(value: Any) -> Any:
        check(value)
        return value

    return BeforeValidator(keep)


def shown_phases(result: Result, *always: str) -> dict[str, float]:
    """Return the seconds of the phases that came to their end; of a success, 0 for the others.

    A phase that failed has no duration, and is left out: 0 would be the fastest there is.
    """
    zeros = dict.fromkeys(always, 0.0) if result.duration is not None else {}
    return zeros | {phase: result.phases[phase] for phase in always if phase in result.phases}
