"""/probe, on and off.

This is the one path that works while its client waits: so many at a time, each within the
scraper's timeout, and none for a client that has gone (the server cancels its handler).
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.Response]]

OFF = "/probe is not switched on: compat.blackbox is not in the configuration"


class ProbePath:
    """Lets whoever answers by the latest configuration answer; switched off until there is one."""

    def __init__(self) -> None:
        self._answer: Answer | None = None
        self._most = 0
        self._running = 0

    def configure(self, answer: Answer | None, most: int) -> None:
        """Answer by this from now on; probes under way end as they began. None is off.

        At `most` so many are under way at once, those that began earlier included.
        """
        self._answer, self._most = answer, most

    async def handle(self, request: web.Request) -> web.Response:
        if self._answer is None:
            return refusal(404, OFF)
        if self._running >= self._most:
            return refusal(503, f"{self._running} probes are under way, which is the most allowed")
        self._running += 1
        try:
            return await self._answer(request)
        finally:
            self._running -= 1


def refusal(status: int, why: str) -> web.Response:
    """Return an answer that says why there is none."""
    return web.Response(status=status, text=f"{why}\n")
