"""The body of an answer, as it comes."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp


class Stream:
    """What a server says, piece by piece; raises aiohttp.ClientError while it is read."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield all that there is by now, again and again until the end."""
        return self._response.content.iter_any()

    async def gather(self, seconds: float) -> None:
        """Leave what comes to the kernel for so long, to read it at once.

        To be woken for each piece, and to decrypt it, costs more than what is in it.
        """
        connection = self._response.connection  # none, where the answer has ended
        if connection is not None and connection.protocol is not None:
            connection.protocol.pause_reading()
        await asyncio.sleep(seconds)
        if connection is not None and connection.protocol is not None:
            connection.protocol.resume_reading()
