"""One attempt at one target under one deadline: what the probe finds out, and how it ended.

The deadline, and the translation of what libraries raise, stand here once and in no probe.
"""

import asyncio
import logging
import os
import ssl
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from netwatch.endpoint import Endpoint
from netwatch.foreign import Passage
from netwatch.model import Outcome, ProbeError, Result, Target
from netwatch.net.oserrors import of_os_error

LOG = logging.getLogger("netwatch.attempt")

Values = dict[str, float | Mapping[str, float]]
"""What was measured, by the key of its metric family; a mapping where that family has a label."""

_EXPECTED_FAILURES = frozenset(
    {Outcome.TIMEOUT, Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.BLOCKED, Outcome.RESET}
)


KeptT = TypeVar("KeptT")


class Memory:
    """What a probe keeps of one target from attempt to attempt; gone with the target."""

    def __init__(self) -> None:
        self._kept: dict[type, object] = {}

    def recall(self, kind: type[KeptT]) -> KeptT:
        """Return what is kept of that type; at first, a new one."""
        if kind not in self._kept:
            self._kept[kind] = kind()
        kept = self._kept[kind]
        assert isinstance(kept, kind)  # noqa: S101  # it stands under its own type
        return kept


@dataclass(slots=True, eq=False)
class Attempt:
    """What a probe is given: whom to probe, and where to write down what it finds.

    `phases` are seconds by name, in order; `phase` is the one under way, or the last. `note` is
    told each step in words, for `--verbose`; whoever runs attempts unwatched ignores it. `look` is
    shown the TLS of each connection after its handshake, for whom `values` do not say enough of it.
    `findings` are addresses, records and their like, by what they are: never labels.
    `passage` is what is to be shown of the target's own metrics.
    `failure` is what it has failed by already, while more is being found out about that: from then
    on the deadline changes nothing.
    """

    endpoint: Endpoint
    note: Callable[[str], None] = lambda _: None
    look: Callable[[ssl.SSLObject], None] = lambda _: None
    phases: dict[str, float] = field(default_factory=dict)
    phase: str = ""
    values: Values = field(default_factory=dict)
    findings: dict[str, Sequence[str]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    passage: Passage | None = None
    failure: ProbeError | OSError | None = None

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the time spent inside to a phase; where that fails, the phase has no time."""
        self.phase = phase
        started = time.perf_counter()
        try:
            yield
        except BaseException:
            self.phases.pop(phase, None)  # where it came to its end before, it did not now
            raise
        self.phases[phase] = self.phases.get(phase, 0.0) + time.perf_counter() - started


class Probe(Protocol):
    """Measures one target; sees no deadline, no metric and no log."""

    async def measure(self, attempt: Attempt) -> None:
        """Write down what there is to measure, or raise: ProbeError, OSError, or ssl.SSLError."""
        ...


class BugLog:
    """Logs the traceback of each bug of ours once: it comes again with every attempt."""

    def __init__(self) -> None:
        self._known: set[tuple[type[Exception], str, int | None]] = set()

    def report(self, error: Exception) -> None:
        """Log what was raised, if it is the first of its type from its place."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        bug = (type(error), place.filename, place.lineno)
        if bug not in self._known:
            self._known.add(bug)
            LOG.error("bug of netwatch, please report it", exc_info=error)


async def make_attempt(
    probe: Probe,
    target: Target,
    timeout_seconds: float,
    *,
    note: Callable[[str], None] = lambda _: None,
    expects_failure: bool = False,
    bugs: BugLog | None = None,
    memory: Memory | None = None,
) -> Result:
    """Return how one attempt ended, whatever it raised.

    `bugs` remembers which bugs are known, and `memory` what the probe keeps of the target.
    """
    attempt = Attempt(target.endpoint, note, memory=memory or Memory())
    started, before = time.time(), time.perf_counter()
    try:
        outcome, detail = await _outcome(probe, attempt, timeout_seconds)
    except Exception as error:  # noqa: BLE001  # a bug of ours ends no agent and blames no target
        (bugs or BugLog()).report(error)
        outcome, detail = Outcome.LOCAL, f"bug of netwatch: {error!r}"
    duration = time.perf_counter() - before
    if expects_failure:
        outcome, detail = turned_around(outcome, detail)
    failed = outcome is not Outcome.OK
    return Result(
        target=target,
        started=started,
        duration=None if failed else duration,
        outcome=outcome,
        detail=f"{detail} ({attempt.phase})" if failed and attempt.phase else detail,
        phase=attempt.phase if failed else "",
        phases=attempt.phases,
        values=attempt.values,
        findings=attempt.findings,
        passage=attempt.passage,
    )


async def _outcome(probe: Probe, attempt: Attempt, timeout_seconds: float) -> tuple[Outcome, str]:
    try:
        async with asyncio.timeout(timeout_seconds):
            await probe.measure(attempt)
    except (ProbeError, OSError) as error:  # TimeoutError and ssl.SSLError are OSErrors
        return _told(attempt.failure or error, timeout_seconds)
    return Outcome.OK, ""


def _told(error: ProbeError | OSError, timeout_seconds: float) -> tuple[Outcome, str]:
    """Return what it means that this was raised."""
    match error:
        case ProbeError():
            return error.outcome, error.detail
        case TimeoutError():
            # The kernel may give up before we do.
            words = os.strerror(error.errno) if error.errno else ""
            return Outcome.TIMEOUT, words or f"no answer within {timeout_seconds:g} s"
        case ssl.SSLCertVerificationError():
            return Outcome.TLS, error.verify_message
        case ssl.SSLError():
            return Outcome.TLS, getattr(error, "reason", "") or str(error)
        case _:
            return of_os_error(error)


def turned_around(outcome: Outcome, detail: str) -> tuple[Outcome, str]:
    """Judge what ought to fail: at the network, and not by our or its own fault."""
    if outcome in _EXPECTED_FAILURES:
        return Outcome.OK, detail
    if outcome is Outcome.OK:
        return Outcome.MISMATCH, "it answers, which is expected to fail"
    return outcome, detail
