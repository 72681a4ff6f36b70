import asyncio
import gzip
import json
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import ValidationError

from netwatch.attempt import make_attempt
from netwatch.config import load
from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer
from netwatch.net.tls import TlsContexts
from netwatch.probe import Services
from netwatch.probes import PROBES
from netwatch.probes.http.families import FAMILIES
from netwatch.probes.http.probe import HttpOptions, HttpProbe
from netwatch.validation import ConfigError
from tests.certificates import Authority
from tests.http_server import (
    OK,
    at,
    everything_is_here,
    probed,
    read_request,
    redirect,
    says,
    site,
)
from tests.nouns import a_target
from tests.tcp_server import ends, says_nothing, tcp_server

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def options(**values: object) -> HttpOptions:
    return HttpOptions.model_validate(values)


async def test_an_answer_is_told_with_its_phases_and_facts() -> None:
    head = b"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n\r\n"
    async with tcp_server(says(b"HTTP/1.1 200 OK\r\n" + head + b"hello")) as port:
        result = await probed(f"http://wiki.example:{port}/healthz")
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert list(result.phases) == ["resolve", "connect", "processing", "transfer"]
    assert result.values == {
        "http_status_code": 200,
        "http_version": {"1.1": 1},
        "http_tls": 0,
        "http_redirects": 0,
        "http_content_length": 5,
        "http_body_bytes": 5,
        "http_last_modified": 784111777.0,
    }


async def test_every_value_has_its_family() -> None:
    head = b"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n"
    async with tcp_server(says(b"HTTP/1.1 500 No\r\n" + head)) as port:
        result = await probed(f"http://wiki.example:{port}/")
    assert set(result.values) == {family.key for family in FAMILIES}


async def test_it_understands_a_real_server_with_chunks_and_compression() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert await request.text() == "question"
        response = web.StreamResponse()
        response.enable_compression()
        await response.prepare(request)
        await response.write(b"hello ")
        await response.write(b"world")
        return response

    app = web.Application()
    app.router.add_post("/ask", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    host, port = runner.addresses[0][:2]
    result = await probed(
        f"http://{host}:{port}/ask",
        options(method="POST", body="question", compression="gzip", body_matches=["^hello world$"]),
    )
    await runner.cleanup()
    assert (result.outcome, result.values["http_body_bytes"]) == (Outcome.OK, 11)


@pytest.mark.parametrize(
    ("answer", "size"),
    [
        ((b"HTTP/1.0 200 OK\r\n\r\n", b"hello"), 5),
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), 0),
        ((CHUNKED + b"2\r\nhe\r\n", b"3\r\nllo\r\n0\r\n\r\n"), 5),
        ((b"HTTP/1.1 103 Early Hints\r\n\r\n", OK), 5),
        ((*(bytes([byte]) for byte in OK),), 5),
    ],
)
async def test_an_answer_may_come_in_any_form(answer: tuple[bytes, ...], size: int) -> None:
    async with tcp_server(says(*answer)) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert (result.outcome, result.values["http_body_bytes"]) == (Outcome.OK, size)


async def test_not_modified_has_no_body_whatever_its_length() -> None:
    async with tcp_server(says(b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n")) as port:
        result = await probed(f"http://127.0.0.1:{port}/", options(valid_status=[304]))
    assert (result.outcome, result.values["http_body_bytes"]) == (Outcome.OK, 0)


async def test_head_does_not_wait_for_a_body() -> None:
    async with tcp_server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as port:
        result = await probed(f"http://127.0.0.1:{port}/", options(method="HEAD"))
    assert result.outcome is Outcome.OK
    assert (result.values["http_content_length"], result.values["http_body_bytes"]) == (5, 0)


async def test_a_server_that_keeps_the_connection_is_not_waited_for() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await reader.read()

    async with tcp_server(handle) as port:
        assert (await probed(f"http://127.0.0.1:{port}/")).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("answer", "phase", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "processing", "status line"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "processing", "header line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "transfer", "received 5 bytes"),
        (CHUNKED + b"garbage\r\n", "transfer", "chunk header"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10**5, "transfer", "too long"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
            "transfer",
            "cannot be decompressed",
        ),
    ],
)
async def test_an_answer_that_is_none_is_malformed(answer: bytes, phase: str, words: str) -> None:
    async with tcp_server(says(answer)) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert (result.outcome, result.phase) == (Outcome.PROTOCOL, phase)
    assert words in result.detail


async def test_a_server_that_closes_without_a_word_has_cut_the_connection() -> None:
    async with tcp_server(ends) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert (result.outcome, result.phase) == (Outcome.RESET, "processing")


@pytest.mark.virtual_time
async def test_a_tarpit_is_left_at_the_deadline() -> None:
    async with tcp_server(says_nothing) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, "processing")
    assert list(result.phases) == ["resolve", "connect"]


@pytest.mark.virtual_time
async def test_a_server_that_does_not_shake_hands_is_left_at_the_deadline() -> None:
    async with tcp_server(says_nothing) as port:
        result = await probed(f"https://127.0.0.1:{port}/")
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, "tls")


@pytest.mark.virtual_time
async def test_one_byte_a_second_is_left_at_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n":
            writer.write(bytes([byte]))
            await asyncio.sleep(1)

    async with tcp_server(drip) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, "transfer")


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\n\r\n", CHUNKED, b"HTTP/1.1 200 OK\r\nX: "])
async def test_what_has_no_end_is_read_no_further_than_the_limit(begin: bytes) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(begin)
        while True:
            writer.write(b"1000\r\n" + bytes(4096) + b"\r\n" if begin is CHUNKED else b"x" * 4096)
            await writer.drain()

    async with tcp_server(flood) as port:
        result = await probed(f"http://127.0.0.1:{port}/", options(max_body_bytes=10**5))
    assert result.outcome in (Outcome.MISMATCH, Outcome.PROTOCOL)
    assert "expected at most 100000 bytes" in result.detail or "too long" in result.detail


async def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(10**7))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    async with tcp_server(says(head.encode() + bomb)) as port:
        result = await probed(f"http://127.0.0.1:{port}/", options(max_body_bytes=10**6))
    assert (result.outcome, result.values["http_broken_expectation"]) == (
        Outcome.MISMATCH,
        {"body_size": 1},
    )
    assert result.detail == "found a larger body, expected at most 1000000 bytes (transfer)"


async def test_what_is_broken_is_said_and_counted_by_kind() -> None:
    async with tcp_server(says(b"HTTP/1.0 503 Away\r\n\r\nsorry")) as port:
        result = await probed(
            f"http://127.0.0.1:{port}/",
            options(body_matches=["hello"], header_matches=[{"header": "X-Up", "pattern": "1"}]),
        )
    assert result.outcome is Outcome.MISMATCH
    assert result.values["http_broken_expectation"] == {"status": 1, "header": 1, "body": 1}
    assert result.values["http_status_code"] == 503
    assert result.detail == (
        "found status 503, expected 2xx; found no header X-Up, expected one; "
        "expected the body to match hello (transfer)"
    )


async def test_a_version_that_a_server_makes_up_becomes_no_label() -> None:
    async with tcp_server(says(b"HTTP/7.3 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert result.values["http_version"] == {"other": 1}


async def test_redirects_are_followed_and_their_phases_are_one() -> None:
    async with site() as server:
        server.pages = {"/": redirect("/a?b#c"), "/a?b": redirect("c"), "/c": OK}
        notes: list[str] = []
        result = await probed(f"http://wiki.example:{server.port}/", note=notes.append)
    assert (result.outcome, result.values["http_redirects"]) == (Outcome.OK, 2)
    assert server.paths == ["/", "/a?b", "/c"]
    assert list(result.phases) == ["resolve", "connect", "processing", "transfer"]
    assert [note for note in notes if note.startswith("connected")] == [
        f"connected to 127.0.0.1:{server.port}"
    ] * 3
    assert f"redirected to http://wiki.example:{server.port}/c" in notes


async def test_facts_are_those_of_the_final_response() -> None:
    async with site() as server:
        first = redirect("/a", 302, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT")
        server.pages = {"/": first, "/a": b"HTTP/1.0 200 OK\r\n\r\n"}
        result = await probed(f"http://wiki.example:{server.port}/")
    assert (result.values["http_status_code"], result.values["http_version"]) == (200, {"1.0": 1})
    assert "http_last_modified" not in result.values


async def test_a_redirect_lends_no_facts_to_a_response_that_never_comes(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with site() as nobody:
        there = f"http://other.example:{nobody.port}/"
    async with site(context=authority.server("wiki.example")) as server:
        moved = redirect(there, 302, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT")
        server.pages = {"/": moved}
        url = f"https://wiki.example:{server.port}/"
        result = await probed(url, options(tls={"ca_file": authority.ca_file}))
    assert (result.outcome, result.phase) == (Outcome.REFUSED, "connect")
    assert result.values == {"http_redirects": 1}
    assert list(result.phases) == ["resolve", "tls", "processing", "transfer"]


async def test_facts_of_tls_are_not_those_of_a_redirect_to_plain_text(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with site() as plain, site(context=authority.server("wiki.example")) as server:
        server.pages = {"/": redirect(f"http://other.example:{plain.port}/")}
        url = f"https://wiki.example:{server.port}/"
        result = await probed(url, options(tls={"ca_file": authority.ca_file}))
    assert (result.outcome, result.values["http_tls"]) == (Outcome.OK, 0)
    assert [key for key in result.values if key.startswith("tls_")] == []


async def test_cookies_of_a_redirect_may_be_empty() -> None:
    async with site() as server:
        cookies = ("Set-Cookie: a=b", "Set-Cookie: ; Path=/")
        server.pages = {"/": redirect("/a", 302, *cookies)}
        result = await probed(f"http://wiki.example:{server.port}/")
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert b"Cookie: a=b\r\n" in server.requests[1]


@pytest.mark.parametrize(
    ("location", "outcome"),
    [("http://[fe80::1%25nowhere]/", Outcome.PROTOCOL), ("http://[::1]:9/", Outcome.UNREACHABLE)],
)
async def test_where_a_redirect_leads_is_no_fault_of_ours(location: str, outcome: Outcome) -> None:
    async with site() as server:
        server.pages = {"/": redirect(location)}
        url = f"http://wiki.example:{server.port}/"
        result = await probed(url, options(source_address="127.0.0.1"))
    assert result.outcome is outcome


async def test_a_circle_ends_at_the_limit() -> None:
    async with site() as server:
        server.pages = {"/": redirect("/a"), "/a": redirect("/")}
        result = await probed(f"http://wiki.example:{server.port}/", options(max_redirects=3))
    assert result.outcome is Outcome.MISMATCH
    assert "more than 3 redirects" in result.detail
    assert result.values["http_broken_expectation"] == {"redirects": 1}
    assert len(server.requests) == 4


async def test_without_redirects_one_is_the_final_response() -> None:
    async with site() as server:
        server.pages = {"/": redirect("/a")}
        result = await probed(
            f"http://wiki.example:{server.port}/", options(max_redirects=0, valid_status=["3xx"])
        )
    assert (result.outcome, server.paths) == (Outcome.OK, ["/"])
    assert result.values["http_body_bytes"] == 0


@pytest.mark.parametrize("location", ["ftp://wiki.example/", "http://[", "http://10.0.0.256/"])
async def test_a_redirect_to_what_is_no_url_of_http_is_malformed(location: str) -> None:
    async with site() as server:
        server.pages = {"/": redirect(location)}
        result = await probed(f"http://wiki.example:{server.port}/")
    assert result.outcome is Outcome.PROTOCOL
    assert result.detail.startswith("Location: found")


async def test_a_redirect_without_a_location_is_the_final_response() -> None:
    async with tcp_server(says(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")) as port:
        result = await probed(f"http://127.0.0.1:{port}/")
    assert result.detail == "found status 302, expected 2xx (transfer)"


async def test_a_redirect_may_lead_to_another_host_and_to_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with site() as plain, site(context=authority.server("other.example")) as secure:
        plain.pages = {"/": redirect(f"https://other.example:{secure.port}/in")}
        tls = {"ca_file": authority.ca_file, "server_name": "wiki.example"}
        result = await probed(
            f"http://wiki.example:{plain.port}/", options(tls=tls, require_tls=True)
        )
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert secure.requests[0].startswith(b"GET /in HTTP/1.1\r\n")
    assert f"Host: other.example:{secure.port}\r\n".encode() in secure.requests[0]
    assert list(result.phases) == ["resolve", "connect", "processing", "transfer", "tls"]


async def test_tls_tells_its_facts_and_has_a_phase(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with site(context=authority.server("wiki.example")) as server:
        result = await probed(
            f"https://wiki.example:{server.port}/", options(tls={"ca_file": authority.ca_file})
        )
    assert (result.outcome, result.values["http_tls"]) == (Outcome.OK, 1)
    assert list(result.phases) == ["resolve", "connect", "tls", "processing", "transfer"]
    assert result.values["tls_verified"] == 1
    assert result.values["tls_version"] == {"1.3": 1}


async def test_checks_that_agree_on_tls_share_its_context(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    services = Services(everything_is_here)
    async with site(context=authority.server("wiki.example")) as server:
        for path in ("/a", "/b"):
            chosen = options(path=path, tls={"ca_file": authority.ca_file})
            url = f"https://wiki.example:{server.port}{path}"
            result = await make_attempt(chosen.open(services), at(url), timeout_seconds=5)
            assert result.outcome is Outcome.OK
    assert len(services.contexts._contexts) == 1


async def test_a_refused_certificate_is_told_with_its_facts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with site(context=authority.server("other.example")) as server:
        result = await probed(
            f"https://wiki.example:{server.port}/", options(tls={"ca_file": authority.ca_file})
        )
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert result.values["tls_verification_error"] == {"hostname_mismatch": 1}
    assert "tls_not_after" in result.values
    assert server.requests == []


async def test_verification_can_be_off(tmp_path: Path) -> None:
    async with site(context=Authority(tmp_path).server("other.example")) as server:
        result = await probed(
            f"https://wiki.example:{server.port}/", options(tls={"verify": False})
        )
    assert result.outcome is Outcome.OK


async def test_an_old_server_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    versions = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    context = authority.server("wiki.example", versions=versions)
    phases = []
    async with site(context=context) as server:
        for minimum in ("1.2", "1.3"):
            tls = {"ca_file": authority.ca_file, "minimum_version": minimum}
            result = await probed(f"https://wiki.example:{server.port}/", options(tls=tls))
            phases.append(result.phase)
    assert phases == ["", "tls"]


async def test_a_client_certificate_is_shown_to_those_who_ask(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.client()
    tls = {"ca_file": authority.ca_file, "certificate_file": certificate, "key_file": key}
    async with site(context=authority.server("wiki.example", clients_of=authority)) as server:
        url = f"https://wiki.example:{server.port}/"
        with_it = await probed(url, options(tls=tls))
        without = await probed(url, options(tls={"ca_file": authority.ca_file}))
    assert with_it.outcome is Outcome.OK
    assert without.outcome in (Outcome.TLS, Outcome.RESET)


async def test_a_target_that_is_no_url_is_asked_as_the_options_say() -> None:
    async with site() as server:
        probe = options(path="/healthz?full").open(Services(everything_is_here))
        target = a_target(address="127.0.0.1")
        target.endpoint = replace(target.endpoint, port=server.port)
        result = await make_attempt(probe, target, timeout_seconds=5)
    assert result.outcome is Outcome.OK
    assert server.requests[0].startswith(
        f"GET /healthz?full HTTP/1.1\r\nHost: wiki:{server.port}\r\n".encode()
    )


async def test_every_address_is_asked_for_permission_before_a_packet_is_sent() -> None:
    asked: list[str] = []

    def allow(address: str) -> None:
        asked.append(address)
        if address == "127.0.0.2":
            raise ProbeError(Outcome.BLOCKED, f"{address} is forbidden")

    async def resolve(host: str) -> Answer:
        return Answer(("127.0.0.2" if host == "inside" else "127.0.0.1",), (), 60)

    async with site() as server:
        server.pages = {"/": redirect(f"http://inside:{server.port}/")}
        probe = HttpProbe(options(), resolve, TlsContexts(), allow=allow)
        url = f"http://wiki.example:{server.port}/"
        result = await make_attempt(probe, at(url), timeout_seconds=5)
    assert asked == ["127.0.0.1", "127.0.0.2"]
    assert (result.outcome, result.detail) == (Outcome.BLOCKED, "127.0.0.2 is forbidden (resolve)")
    assert server.paths == ["/"]


async def test_a_redirect_to_an_address_is_asked_for_permission_too() -> None:
    asked: list[str] = []
    async with site() as server:
        server.pages = {"/": redirect(f"http://127.0.0.3:{server.port}/a")}
        probe = HttpProbe(
            options(timeout="1s"), everything_is_here, TlsContexts(), allow=asked.append
        )
        url = f"http://wiki.example:{server.port}/"
        await make_attempt(probe, at(url), timeout_seconds=5)
    assert asked == ["127.0.0.1", "127.0.0.3"]


async def test_a_name_without_an_address_fails_to_resolve() -> None:
    async def nothing(host: str) -> Answer:
        raise ProbeError(Outcome.RESOLVE, f"{host}: NXDOMAIN")

    result = await probed("http://wiki.example/", resolve=nothing)
    assert (result.outcome, result.phase) == (Outcome.RESOLVE, "resolve")


async def test_json_is_judged_by_what_stands_at_its_places() -> None:
    body = json.dumps({"status": "ok", "checks": [{"up": True}]}).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with tcp_server(says(answer)) as port:
        url = f"http://127.0.0.1:{port}/"
        good = await probed(url, options(body_json={"/status": "ok", "/checks/0/up": True}))
        bad = await probed(url, options(body_json={"/checks/0/up": 1}))
    assert good.outcome is Outcome.OK
    assert bad.detail == "found true at /checks/0/up of the body, expected 1 (transfer)"
    assert bad.values["http_broken_expectation"] == {"json": 1}


async def test_it_closes_what_it_opened_wherever_it_is_cancelled() -> None:
    gone = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK[:-2])
        await reader.read()
        gone.set()

    async with tcp_server(handle) as port:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(probed(f"http://127.0.0.1:{port}/"), name="attempt")
            await asyncio.sleep(0.05)
            task.cancel()
        await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('headers: {"X-A": "1\\r\\nX-B: 2"}', "found a line break"),
        ('headers: {"X-A\\r\\nX-B": "1"}', "expected the name of a header"),
        ("headers: {Content-Length: '5'}", "expected a header that netwatch does not set"),
        ('method: "GET / HTTP/1.1\\r\\n"', "expected a method"),
        ("method: CONNECT", "expected a method"),
        ('path: "/ HTTP/1.1\\r\\nX-A: b"', "expected a path"),
        ("path: healthz", "expected a path"),
        ("headers: {Host: a, host: b}", "found the header host twice"),
        ("{headers: {X-A: a}, header_files: {x-a: b}}", "found the header x-a twice"),
        ("basic_auth: {username: a, password: b, password_file: c}", "password and password_file"),
        ("{bearer_token: a, basic_auth: {username: b}}", "found basic_auth and bearer_token"),
        ("valid_status: [600]", "expected a status code such as 200"),
        ("valid_status: [6xx]", "expected a status code such as 200"),
        ("valid_status: ['200']", "expected a status code such as 200"),
        ("body_matches: ['a(']", "missing )"),
        ("body_json: {status: ok}", "expected a JSON pointer"),
        ("proxy: https://proxy.example", "expected a proxy"),
        ("proxy_headers: {HOST: wiki}", "expected another header"),
        ("source_address: eth0", "expected an IP address"),
        ("{body: a, body_bytes: 5}", "found body and body_bytes, expected one of them"),
    ],
)
def test_what_cannot_be_asked_is_refused_when_the_configuration_is_read(
    line: str, words: str
) -> None:
    probe = line if line.startswith("{") else "{" + line + "}"
    text = (
        "checks:\n  a:\n    source: {static: ['http://wiki']}\n    probe: {http: " + probe + "}\n"
    )
    with pytest.raises(ConfigError) as error:
        load(text, "netwatch.yaml", {})
    assert words in str(error.value)


def test_a_status_may_be_a_number_or_a_class() -> None:
    assert options(valid_status=[200, "3xx"]).valid_status == [200, "3xx"]
    with pytest.raises(ValidationError):
        options(valid_status=[True])


def test_the_registry_knows_it_by_its_name() -> None:
    assert PROBES["http"] is HttpOptions
