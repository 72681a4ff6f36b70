"""Asks the Kubernetes API, by the client of kubernetes_asyncio: it knows how to log in."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any

import aiohttp

from netwatch import __version__
from netwatch.net.kubernetes.client import import_client
from netwatch.net.kubernetes.errors import UNAUTHORIZED, ApiError, MalformedAnswerError
from netwatch.net.kubernetes.login import LogIn
from netwatch.net.kubernetes.names import AnsweringResolver
from netwatch.net.kubernetes.refusal import refusal
from netwatch.net.kubernetes.stream import Stream
from netwatch.net.resolver import Answer

CONNECT_SECONDS = 10.0
MAX_CREATED_BYTES = 1024 * 1024
MAX_REFUSAL_BYTES = 64 * 1024
READ_BUFFER_BYTES = 2**20

_WELL = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})

JsonObject = dict[str, Any]


class Api:
    """The API server, and us logged in there: at the first request, and again when that is due."""

    def __init__(self, log_in: LogIn, resolve: Callable[[str], Awaitable[Answer]]) -> None:
        """`resolve` finds the addresses of the server, where it has a name."""
        self._log_in = log_in
        self._resolve = resolve
        self._client: Any = None
        self._logging_in = asyncio.Lock()

    @asynccontextmanager
    async def get(
        self, path: str, params: Mapping[str, str], *, silent_seconds: float
    ) -> AsyncIterator[Stream]:
        """Have the body of an answer that is OK, as it comes; give up when nothing comes so long.

        Raises ApiError, also while the body is read.
        """
        async with self._answer(
            "GET", path, silent_seconds, query_params=list(params.items())
        ) as stream:
            yield stream

    async def post(self, path: str, document: JsonObject, *, silent_seconds: float) -> bytes:
        """Have an object created, and return what the server says of it; raises ApiError."""
        body = bytearray()
        async with self._answer("POST", path, silent_seconds, body=document) as stream:
            async for chunk in stream.pieces():
                body += chunk
                if len(body) > MAX_CREATED_BYTES:
                    found = f"found an answer of more than {MAX_CREATED_BYTES} bytes"
                    raise MalformedAnswerError(f"{found}, expected one object")
        return bytes(body)

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, silent_seconds: float, **sent: Any
    ) -> AsyncIterator[Stream]:
        limits = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=silent_seconds)
        client = await self._logged_in()
        with _translated(silent_seconds):
            response = await self._request(client, method, path, limits, **sent)
            try:
                if response.status not in _WELL:
                    await self._raise_refusal(client, response)
                yield Stream(response)
            finally:
                response.close()  # a watch has no end that one could wait for

    async def close(self) -> None:
        """Close all connections; may be used again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _logged_in(self) -> Any:
        async with self._logging_in:
            if self._client is None:
                library = import_client()
                configuration = library.Configuration()
                await self._log_in(configuration)
                self._client = await self._open(library, configuration)
            return self._client

    async def _open(self, library: Any, configuration: Any) -> Any:
        """Make a client with a session of ours: its own asks threads for names and for .netrc."""
        try:
            context = _tls_context(configuration)
            client = library.ApiClient(configuration)
        except OSError as error:
            raise ApiError(f"the certificates for {configuration.host}: {error}") from error
        client.user_agent = f"netwatch/{__version__}"
        await client.rest_client.close()
        client.rest_client.pool_manager = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, resolver=AnsweringResolver(self._resolve)),
            read_bufsize=READ_BUFFER_BYTES,
        )
        return client

    async def _request(
        self, client: Any, method: str, path: str, limits: aiohttp.ClientTimeout, **sent: Any
    ) -> aiohttp.ClientResponse:
        try:
            response: aiohttp.ClientResponse = await client.call_api(
                path,
                method,
                **sent,
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=limits,
            )
        except aiohttp.ClientConnectorCertificateError:
            await self._forget(client)  # the authority may have been replaced
            raise
        except ValueError as error:  # of a token that does not fit into a header
            raise ApiError(f"the request cannot be made: {error}") from error
        return response

    async def _raise_refusal(self, client: Any, response: aiohttp.ClientResponse) -> None:
        if response.status == UNAUTHORIZED:
            await self._forget(client)  # the token may have been replaced
            raise ApiError("the server does not know us (401 Unauthorized)", status=UNAUTHORIZED)
        body = await response.content.read(MAX_REFUSAL_BYTES)
        raise refusal(response.status, body, response.headers.get("Retry-After", ""))

    async def _forget(self, client: Any) -> None:
        """Log in anew with the next request, unless somebody else has done so meanwhile."""
        if self._client is client:
            await self.close()


def _tls_context(configuration: Any) -> ssl.SSLContext:
    """Trust and identify ourselves as the configuration says."""
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    # Authorities of clusters lack what Python 3.13 began to ask for (EKS: a key identifier).
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def _translated(silent_seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        why = str(error) or f"nothing came within {silent_seconds:.0f} seconds"
        raise ApiError(f"the API server is silent: {why}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise ApiError(
            f"the API server cannot be asked: {str(error) or type(error).__name__}"
        ) from error
