import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from netwatch.rendering import SLICE_SECONDS, Pace, Renderer


async def test_slices_are_joined() -> None:
    rendering = await Renderer(nullcontext).render("it", iter([b"a", b"b", b"c"]))
    assert list(rendering.text()) == [b"abc"]
    assert rendering.text_bytes == 3


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
            group.create_task(renderer.render(name, slices()), name=name)
    assert (held, most) == (0, 1)
