"""What the web configuration file says, ready for use; and noticing that it changed."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from netwatch.net.files import ChangingFile, UnreadableFileError
from netwatch.net.ratelimit import RateLimit
from netwatch.schedule import until_beat
from netwatch.validation import read
from netwatch.web.authentication import Way
from netwatch.web.basicauth import BasicAuth
from netwatch.web.passwords import PasswordChecker
from netwatch.web.tlscontext import files_of, server_context
from netwatch.web.webconfig import WebConfig
from netwatch.wire.document import Document, Problem

_LOOK_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Security:
    """How the HTTP server is protected; by default not at all."""

    tls: ssl.SSLContext | None = None
    client_names: frozenset[str] = frozenset()
    """One of these must be in a client's certificate, if there are any."""
    ways: Sequence[Way] = ()
    """How a request may authenticate; if there are none, it need not."""
    headers: Mapping[str, str] = field(default_factory=dict)
    limit: RateLimit = field(default_factory=lambda: RateLimit(0.0, 0))
    """Of requests, for all who are known, or all where nobody needs to be."""
    strangers: RateLimit = field(default_factory=lambda: RateLimit(0.0, 0))
    """The same for each address of those who have to authenticate, and have not lately."""


class WebConfigFile:
    """The web configuration file and the files that it names."""

    def __init__(self) -> None:
        self._checker = PasswordChecker()
        self._files: list[ChangingFile] = []
        self._troubles: set[str] = set()

    def load(self, path: str, *, needs_tls: bool = False) -> Security:
        """Return what the file says; without a path, nothing is protected.

        With `needs_tls` a file without TLS is wrong.

        Raises ConfigError for what is wrong in the file, and UnreadableFileError for what is wrong
        with it, or with a file that it names; an empty one is wrong: somebody may be writing it.
        What `follow` looks at are the files that were named last, also where that failed: somebody
        may mend them.
        """
        if not path:
            self._files = []
            return Security()
        file, folder = ChangingFile(Path(path)), Path(path).parent
        self._files = [file]
        try:
            also = _lacks_tls if needs_tls else _lacks_nothing
            config = read(WebConfig, file.changed() or "", path, also=also)
            named = list(map(ChangingFile, files_of(config.tls_server_config, folder)))
            self._files += named
            for one in named:
                one.changed()
        except UnreadableFileError as error:
            self._troubles.add(str(error))  # it is told by whoever loads
            raise
        return self._security(config, folder)

    async def follow(self, on_change: Callable[[], None]) -> NoReturn:
        """Call `on_change` whenever one of the files is not what it was, until cancelled."""
        while True:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(until_beat(now, _LOOK_SECONDS))
            if self._have_changed():
                on_change()

    def _have_changed(self) -> bool:
        """Look once; a file that cannot be read has changed when the reason is a new one."""
        before, self._troubles = self._troubles, set()
        has_changed = False
        for file in self._files:
            try:
                has_changed |= file.changed() is not None
            except UnreadableFileError as error:
                self._troubles.add(str(error))
        return has_changed or not self._troubles <= before

    def _security(self, config: WebConfig, folder: Path) -> Security:
        tls, users, limit = config.tls_server_config, config.basic_auth_users, config.rate_limit
        return Security(
            tls=server_context(tls, folder) if tls.cert_file else None,
            client_names=frozenset(tls.client_allowed_sans),
            ways=[BasicAuth(users, self._checker)] if users else [],
            headers={
                name: text for name, text in config.http_server_config.headers.items() if text
            },
            limit=RateLimit(limit.interval, limit.burst),
            strangers=RateLimit(limit.interval, limit.burst),
        )


def _lacks_nothing(_config: WebConfig, _document: Document) -> Iterator[Problem]:
    yield from ()


def _lacks_tls(config: WebConfig, document: Document) -> Iterator[Problem]:
    if not config.tls_server_config.cert_file:
        expected = "expected cert_file and key_file: a token is for nobody on the way"
        path = ("tls_server_config",)
        yield Problem(document.where(path), path, f"found no TLS with kubernetes_auth, {expected}")
