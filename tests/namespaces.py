"""Network namespaces for tests with real packets; they vanish with the process that made them.

    client, server = netns("client"), netns("server")
    connect(client, server)         # 10.9.1.1 and fd09:1::1 to 10.9.1.2 and fd09:1::2
    server.nft("add rule inet t input ip protocol icmp drop")
    with client:                    # sockets and programs that start here are inside
        ...

A namespace has no name in the file system: the file descriptor that holds it closes with us.
"""

import ctypes
import json
import os
import subprocess
import time
from collections.abc import Callable
from ipaddress import ip_interface
from pathlib import Path
from typing import Self

CLONE_NEWNET = 0x4000_0000
READY_SECONDS = 20.0

# Made once, so that a test states its rule alone.
_CHAINS = """
add table inet t
add chain inet t input { type filter hook input priority 0; }
add chain inet t output { type filter hook output priority 0; }
add chain inet t forward { type filter hook forward priority 0; }
"""

# os.unshare and os.setns came with Python 3.12.
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """One network namespace; as a context manager, this thread is inside it.

    A socket stays where it was made, so it may be used, and a loop may serve it, from outside.
    """

    def __init__(self, name: str) -> None:
        """`name` is for devices and messages. Raise OSError where the kernel lets us make none."""
        self.name = name
        self._came_from: list[int] = []
        outside = _open_current()
        try:
            _check(_libc.unshare(CLONE_NEWNET))
            self._descriptor = _open_current()
        finally:
            _enter_and_close(outside)
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)  # addresses are there at once
        for unlimited in ("net.ipv4.icmp_ratelimit", "net.ipv6.icmp.ratelimit"):
            self.sysctl(unlimited, 0)  # an ICMP error for every packet
        self.ip("link set lo up")
        self.nft(_CHAINS)

    def __enter__(self) -> Self:
        self._came_from.append(_open_current())
        _check(_libc.setns(self._descriptor, CLONE_NEWNET))
        return self

    def __exit__(self, *_: object) -> None:
        _enter_and_close(self._came_from.pop())

    def close(self) -> None:
        os.close(self._descriptor)

    @property
    def path(self) -> str:
        """What `nsenter --net=` takes, while this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    def run(self, *command: str, given: str | None = None) -> str:
        """Run a program inside; return its output. One that fails fails the test."""
        with self:
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)} in {self.name}: {done.stderr}"
        return done.stdout

    def ip(self, words: str) -> str:
        """Run ip(8): `ip("route add prohibit 10.9.3.0/24")`."""
        return self.run("ip", *words.split())

    def nft(self, rules: str) -> None:
        """Run nft(8); table `inet t` has the chains `input`, `output` and `forward`."""
        self.run("nft", "-f", "-", given=rules)

    def forget_rules(self) -> None:
        """Let all packets pass again."""
        self.nft("flush table inet t")

    def sysctl(self, name: str, value: object) -> None:
        with self:  # /proc/sys/net shows the namespace of who opens it
            Path("/proc/sys", *name.split(".")).write_text(str(value))

    def add_address(self, address: str, device: str) -> None:
        """Add `10.9.1.9/24` or `fd09:1::9/64`, and wait until neighbours can find it."""
        self.ip(f"address add {address} dev {device} nodad")
        interface = ip_interface(address)
        if interface.version == 6:  # RFC 4291 section 2.7.1: the solicited-node address
            group = f"ff0200000000000000000001ff{interface.packed[-3:].hex()}"
            with self:
                _wait_for(lambda: group in Path("/proc/thread-self/net/igmp6").read_text(), address)

    def wait_until_up(self, device: str) -> None:
        """Wait until `device` can send: the kernel hears of a new carrier a little later."""

        def is_up() -> bool:
            (link,) = json.loads(self.ip(f"-json link show {device}"))
            return bool(link["operstate"] == "UP")

        _wait_for(is_up, device)


def connect(left: Namespace, right: Namespace, subnet: int = 1, mtu: int = 1500) -> None:
    """Join two namespaces by a cable; its ends are called `to-` and the other's name.

    `left` has 10.9.{subnet}.1/24 and fd09:{subnet}::1/64, `right` the same with 2.
    """
    ends = ((left, f"to-{right.name}", 1), (right, f"to-{left.name}", 2))
    left.ip(
        f"link add to-{right.name} mtu {mtu} type veth "
        f"peer name to-{left.name} mtu {mtu} netns {right.path}"
    )
    for namespace, device, _ in ends:
        namespace.ip(f"link set {device} up")
    for namespace, device, host in ends:
        namespace.wait_until_up(device)
        namespace.add_address(f"10.9.{subnet}.{host}/24", device)
        namespace.add_address(f"fd09:{subnet}::{host}/64", device)


def _wait_for(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not look():
        assert time.monotonic() < deadline, f"{what} does not come up"
        time.sleep(0.002)


def _open_current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter_and_close(descriptor: int) -> None:
    _check(_libc.setns(descriptor, CLONE_NEWNET))
    os.close(descriptor)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
