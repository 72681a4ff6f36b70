import asyncio
import errno
import os
import ssl

import pytest

from netwatch.attempt import Attempt, BugLog, Memory, make_attempt
from netwatch.foreign import Passage
from netwatch.model import Outcome, ProbeError, Result
from tests.nouns import a_target


class Raises:
    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def measure(self, attempt: Attempt) -> None:
        with attempt.timed("resolve"):
            attempt.values["answers"] = 2.0
        with attempt.timed("connect"):
            await asyncio.sleep(0)
            if self.error:
                raise self.error


class Hangs:
    async def measure(self, attempt: Attempt) -> None:
        with attempt.timed("connect"):
            await asyncio.sleep(1000)


async def ended(error: Exception | None, *, expects_failure: bool = False) -> Result:
    return await make_attempt(
        Raises(error), a_target(), timeout_seconds=1, expects_failure=expects_failure
    )


async def test_a_success_has_a_duration_phases_and_values() -> None:
    result = await ended(None)
    assert result.outcome is Outcome.OK
    assert result.duration is not None
    assert list(result.phases) == ["resolve", "connect"]
    assert result.values == {"answers": 2.0}
    assert result.phase == ""


async def test_a_failure_has_no_duration_and_names_its_phase() -> None:
    result = await ended(ProbeError(Outcome.PROTOCOL, "garbage"))
    assert (result.outcome, result.duration, result.phase) == (Outcome.PROTOCOL, None, "connect")
    assert result.detail == "garbage (connect)"
    assert list(result.phases) == ["resolve"]


class FailsTheSecondTime:
    async def measure(self, attempt: Attempt) -> None:
        with attempt.timed("connect"):
            pass
        with attempt.timed("connect"):
            raise ProbeError(Outcome.REFUSED, "nobody there")


async def test_a_phase_that_came_to_its_end_once_and_failed_then_has_no_time() -> None:
    result = await make_attempt(FailsTheSecondTime(), a_target(), 1)
    assert (result.phase, result.phases) == ("connect", {})


class Counts:
    """Remembers how often it measured, and passes on nothing the second time."""

    class Seen(list[str]):
        pass

    async def measure(self, attempt: Attempt) -> None:
        seen = attempt.memory.recall(self.Seen)
        seen.append(attempt.endpoint.name)
        attempt.values["seen"] = float(len(seen))
        attempt.passage = Passage(families=()) if len(seen) == 1 else None
        raise ProbeError(Outcome.MISMATCH, "whatever it is")


async def test_a_probe_remembers_what_it_is_lent_the_memory_of() -> None:
    memory, other = Memory(), Memory()
    results = [
        await make_attempt(Counts(), a_target(), 1, memory=lent)
        for lent in (memory, memory, other, None)
    ]
    assert [result.values["seen"] for result in results] == [1, 2, 1, 1]


async def test_a_failure_may_pass_something_on_and_the_next_one_nothing() -> None:
    memory = Memory()
    first = await make_attempt(Counts(), a_target(), 1, memory=memory)
    second = await make_attempt(Counts(), a_target(), 1, memory=memory)
    assert (first.passage, second.passage) == (Passage(families=()), None)


@pytest.mark.virtual_time
async def test_whatever_hangs_ends_at_the_deadline() -> None:
    result = await make_attempt(Hangs(), a_target(), timeout_seconds=3)
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, "connect")
    assert result.detail == "no answer within 3 s (connect)"


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ECONNREFUSED, Outcome.REFUSED),
        (errno.ECONNRESET, Outcome.RESET),
        (errno.EHOSTUNREACH, Outcome.UNREACHABLE),
        (errno.EPERM, Outcome.BLOCKED),
        (errno.EMFILE, Outcome.LOCAL),
    ],
)
async def test_an_error_of_the_socket_becomes_an_outcome(number: int, outcome: Outcome) -> None:
    result = await ended(OSError(number, os.strerror(number)))
    assert result.outcome is outcome
    assert os.strerror(number) in result.detail


async def test_words_of_the_library_do_not_hide_those_of_the_system() -> None:
    error = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)")
    assert (await ended(error)).detail == "Connection refused (connect)"
    timeout = TimeoutError(errno.ETIMEDOUT, "Connect call failed ('127.0.0.1', 1)")
    result = await ended(timeout)
    assert (result.outcome, result.detail) == (
        Outcome.TIMEOUT,
        "Connection timed out (connect)",
    )


async def test_a_failed_handshake_is_told_as_tls() -> None:
    assert (await ended(ssl.SSLError(1, "wrong version number"))).outcome is Outcome.TLS


async def test_a_bug_of_ours_is_our_own_fault_with_its_name_and_its_traceback_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = await ended(ZeroDivisionError("by 0"))
    assert result.outcome is Outcome.LOCAL
    assert result.detail == "bug of netwatch: ZeroDivisionError('by 0') (connect)"
    assert (await ended(ZeroDivisionError(), expects_failure=True)).outcome is Outcome.LOCAL
    assert "raise self.error\nZeroDivisionError: by 0" in caplog.text


async def test_a_known_bug_is_not_logged_again_and_another_one_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bugs = BugLog()
    for error in (ZeroDivisionError("a"), ZeroDivisionError("b"), KeyError("c"), KeyError("d")):
        await make_attempt(Raises(error), a_target(), 1, bugs=bugs)
    told = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert told == ["a", "'c'"]


async def test_a_cancelled_attempt_has_no_result() -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(make_attempt(Hangs(), a_target(), 1000), name="attempt")
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.MISMATCH),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Outcome.OK),
        (ProbeError(Outcome.RESOLVE, "no such name"), Outcome.RESOLVE),
        (OSError(errno.EMFILE, "too many files"), Outcome.LOCAL),
    ],
)
async def test_where_failure_is_expected_only_the_network_can_satisfy(
    error: Exception | None, outcome: Outcome
) -> None:
    assert (await ended(error, expects_failure=True)).outcome is outcome
