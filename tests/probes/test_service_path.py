import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from pydantic import ValidationError

from netwatch.attempt import Memory, make_attempt
from netwatch.model import Outcome, Result, Target
from netwatch.probe import Services
from netwatch.probes.service_path import ServicePathOptions
from netwatch.sources.endpoint import StaticTarget
from tests.http_server import everything_is_here
from tests.knocking import nobody
from tests.nouns import a_check
from tests.tcp_server import ends, tcp_server


@contextmanager
def a_queue_that_is_full() -> Iterator[int]:
    """Yield a port at which the kernel drops who wants to connect: nobody accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as stack:
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def a_service(port: int, *backends: int) -> Target:
    said = StaticTarget(
        name="default/kubernetes",
        host="127.0.0.1",
        port=port or None,
        backends=[f"127.0.0.1:{backend}" for backend in backends],
    )
    endpoint = replace(said.endpoint(), address="127.0.0.1", family=4)
    return Target(a_check("services", probe="service_path"), endpoint)


async def probed(
    target: Target, memory: Memory | None = None, seconds: float = 5, **options: object
) -> Result:
    probe = ServicePathOptions.model_validate(options).open(Services(everything_is_here))
    return await make_attempt(probe, target, seconds, memory=memory)


async def test_a_service_that_answers_is_up_and_its_endpoints_are_left_alone() -> None:
    async with tcp_server(ends) as port:
        result = await probed(a_service(port, nobody()))
    assert result.outcome is Outcome.OK
    assert result.values == {"service_path_up": 1}


async def test_endpoints_that_answer_where_the_service_does_not_say_whose_fault_it_is() -> None:
    async with tcp_server(ends) as backend:
        result = await probed(a_service(nobody(), backend, nobody()))
    assert result.outcome is Outcome.REFUSED
    assert result.values == {
        "service_path_up": 0,
        "service_path_endpoints": {"yes": 1, "no": 1},
    }


async def test_a_service_that_hangs_leaves_time_to_ask_the_endpoints() -> None:
    with a_queue_that_is_full() as port:
        async with tcp_server(ends) as backend:
            result = await probed(a_service(port, backend), seconds=0.6)
    assert result.outcome is Outcome.TIMEOUT
    assert result.values == {
        "service_path_up": 0,
        "service_path_endpoints": {"yes": 1, "no": 0},
    }


async def test_where_nobody_answers_nothing_is_known_of_the_path() -> None:
    result = await probed(a_service(nobody(), nobody()))
    assert result.outcome is Outcome.REFUSED
    assert result.values == {"service_path_endpoints": {"yes": 0, "no": 1}}
    result = await probed(a_service(nobody()))
    assert (result.outcome, result.values) == (Outcome.REFUSED, {})


async def test_all_endpoints_have_their_turn() -> None:
    memory, asked = Memory(), 0
    async with tcp_server(ends) as first, tcp_server(ends) as second:
        target = a_service(nobody(), first, nobody(), second, nobody())
        for _ in range(4):
            result = await probed(target, memory, endpoints=1)
            answers = result.values["service_path_endpoints"]
            assert isinstance(answers, dict)
            asked += answers["yes"]
    assert asked == 2


async def test_a_service_without_a_port_is_our_own_trouble() -> None:
    result = await probed(a_service(0))
    assert (result.outcome, "found no port" in result.detail) == (Outcome.LOCAL, True)
    assert (await probed(a_service(0), port=nobody())).outcome is Outcome.REFUSED


@pytest.mark.parametrize("backend", ["10.0.0.7", "wiki:80", "10.0.0.7:0"])
def test_an_endpoint_is_an_address_and_a_port(backend: str) -> None:
    with pytest.raises(ValidationError, match="expected"):
        StaticTarget(host="10.0.0.1", backends=[backend])
