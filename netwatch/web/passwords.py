"""Checking passwords, which is slow on purpose: in one thread of its own, one after the other."""

import asyncio
import contextlib
import queue
import threading

import bcrypt

MOST_BYTES = 72
"""Of a password; bcrypt sees no more of it (htpasswd and Go cut it off as well)."""

MOST_WAITING = 32


class TooManyPasswordsError(Exception):
    """So many passwords wait to be checked that one more would wait for long."""


class PasswordChecker:
    """A thread that is started with the first password; nobody waits for it at the end."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[asyncio.Future[bool], bytes, bytes]] = queue.Queue(
            MOST_WAITING
        )
        self._thread: threading.Thread | None = None

    async def matches(self, password: bytes, hashed: bytes) -> bool:
        """Tell whether `hashed`, by bcrypt, is of the password; raises TooManyPasswordsError."""
        checked: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((checked, password[:MOST_BYTES], hashed))
        except queue.Full:
            raise TooManyPasswordsError from None
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="bcrypt", daemon=True)
            self._thread.start()
        return await checked

    def _work(self) -> None:
        while True:
            checked, password, hashed = self._waiting.get()
            if checked.cancelled():
                continue  # the client has gone
            try:
                matches = bcrypt.checkpw(password, hashed)
            except ValueError:  # no password that bcrypt could have hashed
                matches = False
            with contextlib.suppress(RuntimeError):  # the loop did not live to hear it
                checked.get_loop().call_soon_threadsafe(_settle, checked, matches)


def _settle(checked: asyncio.Future[bool], matches: bool) -> None:  # noqa: FBT001 - a result
    if not checked.done():
        checked.set_result(matches)
