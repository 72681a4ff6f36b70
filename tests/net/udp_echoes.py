"""UDP echoes on loopback or in a namespace, for tests: an honest one, and a scripted one."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext

from netwatch.exposition.table import Table
from netwatch.net.udpecho import UDP_ECHO_FAMILIES, UdpEcho, UdpEchoOptions
from netwatch.wire.listen import ListenAddress
from netwatch.wire.udpecho import reply_to
from tests.namespaces import Namespace

Script = Callable[[bytes], Iterable[bytes]]
"""Takes a request, gives the datagrams to send for it."""


@contextmanager
def echoing(
    *hosts: str,
    inside: Namespace | None = None,
    port: int = 0,
    is_known: Callable[[str], bool] = lambda _: True,
    **options: object,
) -> Iterator[UdpEcho]:
    """Answer on these hosts; `echo.addresses` has the ports."""
    listen = [str(ListenAddress(host, port)) for host in hosts]
    with (
        inside or nullcontext(),
        UdpEcho(is_known, Table(UDP_ECHO_FAMILIES), now=lambda: 0.0) as echo,
    ):
        echo.configure(UdpEchoOptions.model_validate({"listen": listen, **options}))
        yield echo


@contextmanager
def scripted(script: Script) -> Iterator[int]:
    """Answer on a port of 127.0.0.1 as the script says; yield the port."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))

        def answer() -> None:
            request, sender = opened.recvfrom(65_535)
            for reply in script(request):
                opened.sendto(reply, sender)

        loop.add_reader(opened, answer)
        try:
            yield opened.getsockname()[1]
        finally:
            loop.remove_reader(opened)


def honest(request: bytes) -> list[bytes]:
    """Answer as an agent would."""
    reply = reply_to(request)
    return [reply] if reply else []
