"""The rig of tests/rig for the tests of the ping engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rig.rig import Rig, build_responder, why_there_is_no_rig


@pytest.fixture(scope="session")
def responder_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := why_there_is_no_rig():
        pytest.skip(reason)
    return build_responder(tmp_path_factory.mktemp("rig"))


@pytest.fixture
def start_rig(responder_program: Path) -> Iterator[Callable[..., Rig]]:
    """Start a rig with the given rules."""
    started: list[Rig] = []

    def start(*rules: str) -> Rig:
        started.append(Rig(responder_program, *rules).__enter__())
        return started[-1]

    yield start
    for rig in started:
        rig.__exit__(None, None, None)
