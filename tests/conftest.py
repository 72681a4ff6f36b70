"""What all tests share: event loops by choice, and the test hosts."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from netwatch.net.ping.engine import STAMPS_ON_SECONDS, Pinger
from netwatch.net.ping.opening import ChannelError, keep_stamps_on
from tests.kubernetes.apiserver import ApiServer, ScriptedServer
from tests.kubernetes.realserver import RealServer, assets, control_plane
from tests.namespaces import Namespace
from tests.programs import NETWATCH, Agent, StartAgent
from tests.virtual_loop import VirtualTimeLoop

settings.register_profile("netwatch", deadline=None)  # how busy the machine is, is no matter
settings.load_profile("netwatch")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests marked `virtual_time` do not wait; all others run on asyncio's own loop."""
    del config
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"asyncio": asyncio.SelectorEventLoop}


def pytest_sessionstart() -> None:
    """Be no pod, though CI may run in one: what netwatch does by default is another thing there.

    And let coverage measure the tests' own processes alone: in the programs that they start it
    doubles what these take.
    """
    os.environ.pop("KUBERNETES_SERVICE_HOST", None)
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where nothing may be skipped: a test that never runs proves nothing."""
    del exitstatus
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("NETWATCH_TESTS_MAY_NOT_SKIP"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def netns() -> Iterator[Callable[[str], Namespace]]:
    """Make network namespaces by name: `client = netns("client")`; for tests marked `netns`."""
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")
    made: list[Namespace] = []

    def make(name: str) -> Namespace:
        made.append(Namespace(name))
        return made[-1]

    yield make
    for namespace in made:
        namespace.close()


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """A port that is taken for neither UDP nor TCP, so that the kernel refuses for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))  # without listening
        yield sock.getsockname()[1]


@pytest.fixture
def may_ping() -> None:
    """Skip where the kernel lets this user open no ICMP socket."""
    try:
        Pinger.check_privilege()
    except ChannelError as error:
        pytest.skip(error.detail)


@pytest.fixture
def start_agent(tmp_path: Path, may_ping: None) -> Iterator[StartAgent]:
    """Start agents as programs: `start_agent(text_of_a_configuration)`; see `tests.programs`."""
    del may_ping
    started: list[Agent] = []

    def start(
        config: str | Path | None = None,
        *,
        listen: Sequence[str] = ("127.0.0.1:0",),
        prefix: Sequence[str] = (),
        arguments: Sequence[str] = (),
    ) -> Agent:
        options = [option for address in listen for option in ("--listen", address)]
        if isinstance(config, str):
            (tmp_path / "netwatch.yaml").write_text(config)
            config = tmp_path / "netwatch.yaml"
        if config is not None:
            options += ["--config", str(config)]
        folder = tmp_path / f"agent-{len(started)}"
        folder.mkdir()
        options += ["--log-format", "text", *arguments]
        started.append(Agent([*prefix, *NETWATCH, "agent", *options], folder))
        started[-1].wait_until_it_runs()
        return started[-1]

    yield start
    for agent in started:
        agent.kill()
    for agent in started:
        assert "Traceback" not in agent.log


@pytest.fixture(scope="session")
def real_kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with control_plane(tmp_path_factory.mktemp("control-plane")) as kubeconfig:
        yield kubeconfig


@pytest.fixture(params=["scripted", "real"] if assets() else ["scripted"])
def kubeconfig(request: pytest.FixtureRequest) -> Path | None:
    """The kubeconfig of a real API server, or None for a scripted one."""
    if request.param == "scripted":
        return None
    found: Path = request.getfixturevalue("real_kubeconfig")
    return found


@pytest.fixture
async def api_server(kubeconfig: Path | None, tmp_path: Path) -> AsyncIterator[ApiServer]:
    """An API server, scripted and, where there is one, also the real one."""
    server = RealServer(kubeconfig) if kubeconfig else ScriptedServer(tmp_path)
    async with server:
        yield server


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[ScriptedServer]:
    """An API server that fails as the test wants it."""
    async with ScriptedServer(tmp_path) as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def kernel_stamps() -> Iterator[None]:
    """Make the kernel stamp from the first test on: it begins a moment after somebody asks."""
    with keep_stamps_on():
        time.sleep(STAMPS_ON_SECONDS)
        yield
