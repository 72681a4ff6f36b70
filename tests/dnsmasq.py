"""dnsmasq(8), a real name server, on a port of loopback."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

READY_SECONDS = 20.0


@contextmanager
def dnsmasq(*options: str, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Run it with these options, of which it knows all that it says; yields the port."""
    program = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("the program dnsmasq is not installed")
    port = port or _free_port(address)
    fixed = ["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user="]
    where = [f"--port={port}", f"--listen-address={address}", "--bind-interfaces"]
    with subprocess.Popen(
        [program, *fixed, *where, *options], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _wait_until_it_listens(process, address, port)
            yield port
        finally:
            process.kill()


def _free_port(address: str) -> int:
    with socket.socket() as sock:
        sock.bind((address, 0))
        return int(sock.getsockname()[1])


def _wait_until_it_listens(process: "subprocess.Popen[str]", address: str, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        with socket.socket() as sock:
            if sock.connect_ex((address, port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("dnsmasq does not listen")
