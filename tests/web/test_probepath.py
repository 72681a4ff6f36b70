import asyncio
from typing import Self

from aiohttp import ClientSession, web

from netwatch.web.listeners import Listeners
from netwatch.web.probepath import ProbePath
from netwatch.wire.listen import ListenAddress


class House:
    """A server of /probe that answers when it is let."""

    def __init__(self) -> None:
        self.path = ProbePath()
        self.came = asyncio.Event()
        self.may_go = asyncio.Event()
        self.went = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.came.set()
        try:
            if "slow" in request.query:
                await self.may_go.wait()
        finally:
            self.went.set()
        return web.Response(text="probed\n")

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/probe", self.path.handle)
        self.listeners = await Listeners(app).__aenter__()
        await self.listeners.listen([ListenAddress("127.0.0.1", 0)])
        self.session = await ClientSession().__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self.listeners.__aexit__(None, None, None)

    async def ask(self, query: str = "") -> tuple[int, str]:
        async with self.session.get(f"{self.listeners.urls[0]}/probe?{query}") as response:
            return response.status, await response.text()


async def test_it_is_not_there_until_it_is_switched_on_and_can_be_switched_off() -> None:
    async with House() as here:
        off = 404, "/probe is not switched on: compat.blackbox is not in the configuration\n"
        assert await here.ask() == off
        here.path.configure(here.answer, 1)
        assert await here.ask() == (200, "probed\n")
        here.path.configure(None, 0)
        assert await here.ask() == off


async def test_when_enough_probes_are_under_way_others_are_told_to_come_again() -> None:
    async with House() as here, asyncio.TaskGroup() as group:
        here.path.configure(here.answer, 1)
        group.create_task(here.ask("slow"), name="slow")
        await here.came.wait()
        full = 503, "1 probes are under way, which is the most allowed\n"
        assert await here.ask() == full
        here.path.configure(here.answer, 1)
        assert await here.ask() == full  # a reload makes no more room than there is
        here.path.configure(here.answer, 2)
        assert (await here.ask())[0] == 200
        here.may_go.set()


async def test_a_client_that_goes_makes_room() -> None:
    async with House() as here:
        here.path.configure(here.answer, 1)
        async with asyncio.TaskGroup() as group:
            slow = group.create_task(here.ask("slow"), name="slow")
            await here.came.wait()
            slow.cancel()
        async with asyncio.timeout(10):
            await here.went.wait()
        assert (await here.ask())[0] == 200


async def test_a_reload_does_not_disturb_a_probe_that_is_under_way() -> None:
    async with House() as here, asyncio.TaskGroup() as group:
        here.path.configure(here.answer, 1)
        slow = group.create_task(here.ask("slow"), name="slow")
        await here.came.wait()
        here.path.configure(None, 0)
        assert (await here.ask())[0] == 404
        here.may_go.set()
        assert await slow == (200, "probed\n")
