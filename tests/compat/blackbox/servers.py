"""What the probes of these tests are sent to: a server for each case, which yields its target."""

import asyncio
import gzip
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import dns.message
import grpc

from tests.certificates import YESTERDAY, Authority
from tests.http_server import read_request
from tests.net.dns_server import dns_server
from tests.tcp_server import Handler, tcp_server

Serve = Callable[[Authority], AbstractAsyncContextManager[str]]
MakeContext = Callable[[Authority], ssl.SSLContext]

SOA = "300 SOA ns.example. admin.example. 2024010203 3600 600 86400 60"
ZONE = {
    "wiki.example.": ["300 A 10.0.0.7", "300 A 10.0.0.8", "300 TXT hello"],
    "alias.example.": ["20 CNAME wiki.example."],
    "example.": [SOA],
    "crowd.example.": [f"300 A 10.1.{number // 256}.{number % 256}" for number in range(1001)],
}


def at(target: str) -> Serve:
    """Serve nothing: the target stands there already, or does not."""

    @asynccontextmanager
    async def serve(_: Authority) -> AsyncIterator[str]:
        yield target

    return serve


def plain(handler: Handler, form: str = "127.0.0.1:{port}") -> Serve:
    """Serve TCP."""

    @asynccontextmanager
    async def serve(_: Authority) -> AsyncIterator[str]:
        async with tcp_server(handler) as port:
            yield form.format(port=port)

    return serve


def secured(handler: Handler, make_context: MakeContext, form: str = "localhost:{port}") -> Serve:
    """Serve TLS."""

    @asynccontextmanager
    async def serve(authority: Authority) -> AsyncIterator[str]:
        async with tcp_server(handler, context=make_context(authority)) as port:
            yield form.format(port=port)

    return serve


def page(
    status: str = "200 OK", *headers: str, body: bytes = b"hello", version: str = "1.1"
) -> Handler:
    """Answer every request with this."""
    lines = [f"HTTP/{version} {status}", *headers]
    if not any(header.lower().startswith(("content-length", "transfer")) for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return answers("\r\n".join((*lines, "", "")).encode() + body)


def answers(wire: bytes) -> Handler:
    """Answer every request with these bytes; to HEAD, with what comes before the body."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        request = await read_request(reader)
        head, end, body = wire.partition(b"\r\n\r\n")
        writer.write(head + end + (b"" if request.startswith(b"HEAD") else body))
        await writer.drain()

    return handle


def if_asked(wanted: bytes) -> Handler:
    """Answer 200 to requests in which this stands, and 403 to others."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        status = b"200 OK" if wanted in await read_request(reader) else b"403 Forbidden"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    return handle


def leads_elsewhere(handler: Handler) -> Serve:
    """Serve a redirect to another server, which `handler` is."""

    @asynccontextmanager
    async def serve(_: Authority) -> AsyncIterator[str]:
        async with tcp_server(handler) as there:
            moved = page("302 Found", f"Location: http://127.0.0.1:{there}/", body=b"")
            async with tcp_server(moved) as here:
                yield f"127.0.0.1:{here}"

    return serve


def redirects(count: int, status: str = "302 Found") -> Handler:
    """Lead from /0 to /1 and so on to /count, where there is a page."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        number = int((await read_request(reader)).split(b" ")[1].strip(b"/") or 0)
        if number < count:
            head = f"HTTP/1.1 {status}\r\nLocation: /{number + 1}\r\nContent-Length: 0\r\n\r\n"
            writer.write(head.encode())
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()

    return handle


def zipped(body: bytes) -> Handler:
    return page("200 OK", "Content-Encoding: gzip", body=gzip.compress(body, mtime=0))


def talk(*lines: bytes) -> Handler:
    """Say a line, wait for one, and so on; then close."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await writer.drain()
            await reader.readline()

    return handle


async def echoes_a_line(reader: StreamReader, writer: StreamWriter) -> None:
    """Say back what was said."""
    writer.write(b"you said " + await reader.readline())
    await writer.drain()


def starts_tls(make_context: MakeContext, agreement: bytes = b"220 go on\r\n") -> Serve:
    """Speak SMTP until STARTTLS, and one line under TLS."""

    @asynccontextmanager
    async def serve(authority: Authority) -> AsyncIterator[str]:
        context = make_context(authority)

        async def handle(reader: StreamReader, writer: StreamWriter) -> None:
            writer.write(b"220 mail.example ESMTP\r\n")
            await reader.readline()
            writer.write(b"250 STARTTLS\r\n")
            await reader.readline()
            writer.write(agreement)
            await writer.drain()
            await writer.start_tls(context)
            await reader.readline()
            writer.write(b"250 hello again\r\n")
            await writer.drain()

        async with tcp_server(handle) as port:
            yield f"localhost:{port}"

    return serve


def names(twist: Callable[[dns.message.Message], list[bytes]] | None = None) -> Serve:
    """Serve the zone."""

    @asynccontextmanager
    async def serve(_: Authority) -> AsyncIterator[str]:
        async with dns_server() as server:
            server.zone = ZONE
            if twist:
                server.twist = twist
            yield f"127.0.0.1:{server.port}"

    return serve


def names_under_tls(make_context: MakeContext) -> Serve:
    @asynccontextmanager
    async def serve(authority: Authority) -> AsyncIterator[str]:
        async with dns_server(context=make_context(authority)) as server:
            server.zone = ZONE
            yield f"localhost:{server.port}"

    return serve


def healthy(*, is_tls: bool = False, wanted: tuple[str, str | bytes] | None = None) -> Serve:
    """Serve gRPC: the server and `good` are SERVING, `bad` is not, others are not known.

    Without the `wanted` metadata nobody is answered.
    """

    def find(call: Any) -> Any:
        """Return what answers a call of grpc.health.v1.Health; without generated code, in bytes."""
        is_known = call.method == "/grpc.health.v1.Health/Check"
        is_wanted = wanted is None or wanted in call.invocation_metadata
        is_answered = is_known and is_wanted
        return grpc.unary_unary_rpc_method_handler(_check) if is_answered else None

    @asynccontextmanager
    async def serve(authority: Authority) -> AsyncIterator[str]:
        server = grpc.server(ThreadPoolExecutor(2))
        server.add_generic_rpc_handlers((SimpleNamespace(service=find),))
        if is_tls:
            certificate = authority.ca.issue_cert("localhost")
            pair = (certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes())
            port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
        else:
            port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"localhost:{port}" if is_tls else f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()

    return serve


def _check(request: bytes, context: Any) -> bytes:
    known = {b"": b"\x08\x01", b"\x0a\x04good": b"\x08\x01", b"\x0a\x03bad": b"\x08\x02"}
    if request not in known:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return known[request]


def good(authority: Authority) -> ssl.SSLContext:
    return authority.server()


def old(authority: Authority) -> ssl.SSLContext:
    return authority.server(not_after=YESTERDAY)


def elsewhere(authority: Authority) -> ssl.SSLContext:
    return authority.server("elsewhere.example")


def tls_1_2(authority: Authority) -> ssl.SSLContext:
    version = ssl.TLSVersion.TLSv1_2
    return authority.server(versions=(version, version))


def for_clients(authority: Authority) -> ssl.SSLContext:
    return authority.server(clients_of=authority)


async def drips(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer a request with a byte now and then, until the client goes."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


def stops_after(wire: bytes) -> Handler:
    """Answer a request with these bytes, and then wait until the client goes."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        await read_request(reader)
        writer.write(wire)
        await reader.read()

    return handle


async def endless(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer a request with a body that has no end."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(bytes(65536))
        await writer.drain()
