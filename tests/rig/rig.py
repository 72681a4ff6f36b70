"""A network whose truth is known: whole prefixes that answer pings as badly as a test wants.

    with Rig(build_responder(folder), "10.128.1.0/24 delay=0.005 loss=0.1") as rig:
        rig.run("fping", "-c", "20", "10.128.1.7", "fd00:128::7")
        rig.rules("10.128.1.0/24 loss=1")   # from now on an outage
        truth = rig.records()

All of 10.128.0.0/9 and fd00:128::/32 is behind the device `rig`, in a namespace of its own.
README.md has the rules, and says how true the record is.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from tests.namespaces import Namespace
from tests.rig.records import Book, Record

DEVICE = "rig"
OWN_ADDRESSES = ("10.128.0.1/9", "fd00:128::1/32 nodad")
CLAMP_BYTES = 212_992
"""The usual net.core.rmem_max: what SO_RCVBUF gives to a process without CAP_NET_ADMIN."""

_RMEM_MAX = Path("/proc/sys/net/core/rmem_max")
_DEADLINE_SECONDS = 30.0

# The security context of the chart: UID 0 with NET_RAW alone.
_CHART_PRIVILEGES = (
    *("setpriv", "--bounding-set", "-all,+net_raw", "--inh-caps", "-all", "--no-new-privs"),
    "--",
)


def why_there_is_no_rig() -> str:
    """Return what this machine lacks, or nothing."""
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    for program in ("cc", "ip", "nft", "setpriv"):
        if shutil.which(program) is None:
            return f"the program {program} is not installed"
    return "" if Path("/dev/net/tun").exists() else "there is no /dev/net/tun"


def build_responder(folder: Path) -> Path:
    """Compile the responder into `folder`; return the program."""
    program = folder / "responder"
    sources = sorted(str(source) for source in Path(__file__).parent.glob("*.c"))
    flags = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run(["cc", *flags, *sources, "-o", str(program), "-lm"], check=True)
    return program


class Rig:
    """A namespace, the device in it, and the responder behind that; a context manager."""

    def __init__(self, responder: Path, *rules: str, seed: int = 1) -> None:
        """Take the program of `build_responder`, whose folder the rules are written to.

        With one `seed`, the nth request to an address has the same fate in each run.
        """
        self._command = (str(responder), DEVICE, str(responder.with_suffix(".rules")))
        self._seed = seed
        self._first_rules = rules
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack as opened:
            self.namespace = Namespace(DEVICE)
            opened.callback(self.namespace.close)
            self._book = Book()
            opened.callback(self._book.close)
            self.namespace.ip(f"tuntap add dev {DEVICE} mode tun")
            self.namespace.ip(f"link set {DEVICE} mtu 65535 txqueuelen 20000 up")
            self._responder = opened.enter_context(self._running_responder())
            self.namespace.wait_until_up(DEVICE)
            self._add_addresses()
            self._stack = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _add_addresses(self) -> None:
        for address in OWN_ADDRESSES:
            self.namespace.ip(f"address add {address} dev {DEVICE}")

        # The kernel takes in packets to an IPv6 address only a little after it was added.
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while "fd00:128::1 " not in self.namespace.ip(f"-6 route show table local dev {DEVICE}"):
            assert time.monotonic() < deadline, "the device gets no IPv6 address"
            time.sleep(0.005)

    # The responder

    def rules(self, *rules: str) -> None:
        """Answer by these rules from now on; the chance that decides begins anew."""
        self._write_rules(rules)
        self._responder.send_signal(signal.SIGHUP)
        self._wait_until_ready(self._responder)

    def records(self, start: int = 0) -> list[Record]:
        """Return what became of the requests so far, from number `start` on.

        Raises RigError if requests came faster than the responder could take them in.
        """
        self._check_that_it_runs()
        return self._book.rows(start)

    def settled_records(self, count: int) -> list[Record]:
        """Wait for `count` requests and all of their answers."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while len(rows := self.records()) < count or any(row.pending for row in rows):
            assert time.monotonic() < deadline, f"{len(rows)} requests came, expected {count}"
            time.sleep(0.005)
        return rows

    @property
    def flooded(self) -> int:
        """How many packets of the flood were written."""
        return self._book.flooded

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let requests wait unseen for the block; they have left the device all the same."""
        self._responder.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._responder.send_signal(signal.SIGCONT)

    @contextmanager
    def _running_responder(self) -> Iterator[subprocess.Popen[str]]:
        self._write_rules(self._first_rules)
        pipe = subprocess.PIPE
        with self.namespace:
            process = subprocess.Popen(
                [*self._command, self._book.path, str(self._seed)],
                pass_fds=[self._book.descriptor],
                stdout=pipe,
                stderr=pipe,
                text=True,
            )
        with process:
            try:
                self._wait_until_ready(process)
                yield process
            finally:
                process.terminate()
            complaint = process.communicate()[1]
        if process.returncode:
            raise RigError(complaint.strip())

    def _write_rules(self, rules: Sequence[str]) -> None:
        Path(self._command[-1]).write_text("".join(f"{rule}\n" for rule in rules))

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            self._raise_complaint(process)

    def _check_that_it_runs(self) -> None:
        if self._responder.poll() is not None:
            self._raise_complaint(self._responder)

    def _raise_complaint(self, process: subprocess.Popen[str]) -> NoReturn:
        assert process.stderr
        raise RigError(process.stderr.read().strip())

    # Programs that are measured

    def run(self, *command: str, clamped: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a program inside, to its end; see `running`."""
        with self.running(*command, clamped=clamped, stderr=subprocess.PIPE) as process:
            output, complaint = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, output, complaint)

    @contextmanager
    def running(
        self, *command: str, clamped: bool = False, **options: Any
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a program inside; kill what is left of it at the end of the block.

        `clamped` gives it the chart's privileges, and buffers of `CLAMP_BYTES`; `options` are
        Popen's.
        """
        with ExitStack() as stack:
            if clamped:
                stack.enter_context(receive_buffers_clamped())
                command = (*_CHART_PRIVILEGES, *command)
            with self.namespace:
                process = subprocess.Popen(
                    command, **{"stdout": subprocess.PIPE, "text": True, **options}
                )
            with process:
                try:
                    yield process
                finally:
                    process.kill()


class RigError(Exception):
    """The responder refused its rules, or could not go on; the message is its own."""


@contextmanager
def receive_buffers_clamped() -> Iterator[None]:
    """Lower net.core.rmem_max to `CLAMP_BYTES` for the block.

    There is one for all namespaces, and only the machine's own may write it: PermissionError or
    OSError elsewhere.
    """
    before = int(_RMEM_MAX.read_text())
    if before <= CLAMP_BYTES:
        yield
        return
    _RMEM_MAX.write_text(str(CLAMP_BYTES))
    try:
        yield
    finally:
        _RMEM_MAX.write_text(str(before))
