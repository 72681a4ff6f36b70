import asyncio
import gzip
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.rendering import PIECE_BYTES, SLICE_SECONDS, Pace, Renderer


@settings(deadline=None)  # a loaded machine is no failure
@given(st.lists(st.binary(max_size=200)), st.integers(1, 3000))
async def test_both_codings_are_the_whole_text(slices: list[bytes], times: int) -> None:
    rendering = await Renderer(nullcontext).render(slices * times)
    text, gzipped = b"".join(slices) * times, b"".join(rendering.gzip())
    assert b"".join(rendering.plain()) == text == gzip.decompress(gzipped)
    assert (rendering.plain_bytes, rendering.gzip_bytes) == (len(text), len(gzipped))


async def test_a_large_text_takes_little_memory_and_comes_in_small_pieces() -> None:
    line = b'netwatch_icmp_packets_sent_total{check="nodes",target="a"} 5\n'
    rendering = await Renderer(nullcontext).render([line * 1000] * 100)
    assert rendering.gzip_bytes < rendering.plain_bytes / 10
    assert max(map(len, rendering.plain())) <= PIECE_BYTES


async def test_the_loop_turns_while_long_work_is_paced() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        other = group.create_task(turn(), name="other")
        end = asyncio.get_running_loop().time() + 5 * SLICE_SECONDS
        pace = Pace()
        while asyncio.get_running_loop().time() < end or turns < 2:
            await pace.step()
        other.cancel()
    assert turns >= 2


async def test_counters_are_held_for_one_rendering_at_a_time() -> None:
    held = most = 0

    @contextmanager
    def hold() -> Iterator[None]:
        nonlocal held, most
        held += 1
        most = max(most, held)
        yield
        held -= 1

    def slices() -> Iterator[bytes]:
        for _ in range(20_000):
            assert held == 1
            yield b"x"

    renderer = Renderer(hold)
    async with asyncio.TaskGroup() as group:
        for name in "ab":
            group.create_task(renderer.render(slices()), name=name)
    assert (held, most) == (0, 1)
