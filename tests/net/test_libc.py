import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from netwatch.model import Outcome, ProbeError
from netwatch.net.libc import LibcResolver
from netwatch.net.resolver import NameUnknown, ResolverFailed


class HangingLibrary:
    """A C library that says nothing before it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked = threading.Semaphore(0)

    def getaddrinfo(self, host: str) -> list[str]:
        del host
        self.asked.release()
        self.released.wait()
        return ["127.0.0.7"]


@pytest.fixture
def library() -> Iterator[HangingLibrary]:
    hanging = HangingLibrary()
    yield hanging
    hanging.released.set()


def fails(number: int) -> Callable[[str], list[str]]:
    def getaddrinfo(host: str) -> list[str]:
        del host
        raise socket.gaierror(number, "as the library says it")

    return getaddrinfo


async def hang(resolver: LibcResolver) -> None:
    """Ask as an attempt does that ends at its deadline."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await resolver.resolve("wiki")


async def test_the_hosts_file_of_this_machine_is_read() -> None:
    answer = await LibcResolver().resolve("localhost")
    assert "127.0.0.1" in (answer.ipv4 or ()) or "::1" in (answer.ipv6 or ())


async def test_each_family_is_told_apart() -> None:
    answer = await LibcResolver(getaddrinfo=lambda _: ["10.0.0.7", "fe80::7%lo", "::7"]).resolve(
        "wiki"
    )
    assert (answer.ipv4, answer.ipv6) == (("10.0.0.7",), ("fe80::7%lo", "::7"))


@pytest.mark.parametrize("host", ["x" * 64 + ".example", "a..b", "é" * 64])
async def test_what_is_no_name_is_unknown(host: str) -> None:
    with pytest.raises(NameUnknown):
        await LibcResolver().resolve(host)


async def test_a_name_that_the_library_does_not_know_is_unknown() -> None:
    with pytest.raises(NameUnknown, match="wiki: as the library says it"):
        await LibcResolver(getaddrinfo=fails(socket.EAI_NONAME)).resolve("wiki")


async def test_name_servers_that_do_not_answer_say_nothing_of_the_name() -> None:
    with pytest.raises(ResolverFailed, match="wiki: as the library says it"):
        await LibcResolver(getaddrinfo=fails(socket.EAI_AGAIN)).resolve("wiki")


async def test_a_library_out_of_memory_is_our_own_trouble() -> None:
    with pytest.raises(ProbeError) as caught:
        await LibcResolver(getaddrinfo=fails(socket.EAI_MEMORY)).resolve("wiki")
    assert caught.value.outcome is Outcome.LOCAL


async def test_threads_that_hang_are_our_own_trouble(library: HangingLibrary) -> None:
    resolver = LibcResolver(threads=2, getaddrinfo=library.getaddrinfo)
    await hang(resolver)
    await hang(resolver)
    with pytest.raises(ProbeError) as caught:
        await resolver.resolve("wiki")
    assert caught.value.outcome is Outcome.LOCAL
    assert caught.value.detail == "all 2 threads are stuck in getaddrinfo"


async def test_a_thread_that_comes_back_may_be_used_again(library: HangingLibrary) -> None:
    resolver = LibcResolver(threads=1, getaddrinfo=library.getaddrinfo)
    await hang(resolver)
    library.released.set()
    for thread in threading.enumerate():
        if thread.name == "getaddrinfo wiki":
            thread.join()
    assert (await resolver.resolve("wiki")).ipv4 == ("127.0.0.7",)


def test_an_answer_after_the_end_of_the_loop_is_dropped(library: HangingLibrary) -> None:
    with asyncio.Runner() as runner:
        runner.run(hang(LibcResolver(getaddrinfo=library.getaddrinfo)))
    library.released.set()
    for thread in threading.enumerate():
        if thread.name == "getaddrinfo wiki":
            thread.join()  # an exception in it is an error here


def test_a_hanging_library_does_not_hold_up_the_end_of_the_program() -> None:
    program = """
import asyncio, time
from netwatch.net.libc import LibcResolver

async def main():
    resolver = LibcResolver(getaddrinfo=lambda host: time.sleep(1000))
    try:
        async with asyncio.timeout(0.01):
            await resolver.resolve("wiki")
    except TimeoutError:
        print("gave up")

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("gave up\n", "")
