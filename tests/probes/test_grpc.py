import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from pydantic import ValidationError

from netwatch.attempt import make_attempt
from netwatch.endpoint import Endpoint
from netwatch.model import Outcome, Result, Target
from netwatch.net.resolver import Answer, NameUnknown
from netwatch.probe import Services
from netwatch.probes import PROBES
from netwatch.probes.grpc import GrpcOptions
from netwatch.wire.grpc import frame
from tests.certificates import TOMORROW, YESTERDAY, Authority
from tests.grpc_server import NOT_SERVING, SERVING, health_server, tls_credentials
from tests.nouns import a_check
from tests.tcp_server import Handler, ends, says_nothing, tcp_server

UNSET_LIBRARY = """
import sys
sys.modules["h2"] = None
from netwatch.cli.main import main
sys.exit(main(["config", "check", sys.argv[1]]))
"""

Headers = list[tuple[str, str]]


async def resolve(host: str) -> Answer:
    if host != "localhost":
        raise NameUnknown(f"{host}: nobody knows it")
    return Answer(("127.0.0.1",), (), ttl_seconds=60)


async def attempt(
    target_port: int, host: str = "localhost", *, notes: list[str] | None = None, **options: Any
) -> Result:
    chosen = GrpcOptions.model_validate(options)
    endpoint = Endpoint(name=host, host=host, port=target_port)
    return await make_attempt(
        chosen.open(Services(resolve=resolve)),
        Target(a_check(), endpoint),
        chosen.timeout,
        note=(notes if notes is not None else []).append,
        expects_failure=chosen.expect == "fail",
    )


def answering(
    headers: Headers, data: bytes = b"", trailers: Headers | None = None
) -> tuple[Handler, dict[str, str]]:
    """A server that answers so, and the headers of the request, once that has come."""
    asked: dict[str, str] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        server.initiate_connection()
        while not asked:
            for event in server.receive_data(await reader.read(65_535)):
                if isinstance(event, RequestReceived):
                    asked.update((str(name), str(value)) for name, value in event.headers)
        server.send_headers(1, headers, end_stream=not (data or trailers))
        if data:
            server.send_data(1, data, end_stream=not trailers)
        if trailers:
            server.send_headers(1, trailers, end_stream=True)
        writer.write(server.data_to_send())
        await reader.read()

    return serve, asked


# Against gRPC's own library


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_server_that_serves_is_well(host: str) -> None:
    with health_server(host=host) as server:
        result = await attempt(server.port, host)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert list(result.phases) == ["resolve", "connect", "check"]
    assert result.values == {"grpc_status_code": 0, "grpc_serving": {"SERVING": 1}}
    assert server.asked == [b""]


async def test_a_service_is_asked_for_by_its_name() -> None:
    with health_server({b"shop.v1.Cart": SERVING, b"": NOT_SERVING}) as server:
        result = await attempt(server.port, service="shop.v1.Cart")
        whole = await attempt(server.port)
    assert result.outcome is Outcome.OK
    assert (whole.outcome, whole.detail) == (
        Outcome.MISMATCH,
        "the service is NOT_SERVING (check)",
    )
    assert whole.values["grpc_serving"] == {"NOT_SERVING": 1}
    assert server.asked[0] == b"\x0a\x0cshop.v1.Cart"


@pytest.mark.parametrize(
    ("message", "status"),
    [(b"", "UNKNOWN"), (b"\x08\x03", "SERVICE_UNKNOWN"), (b"\x08\x2a", "UNRECOGNIZED")],
)
async def test_what_is_not_serving_breaks_the_expectation(message: bytes, status: str) -> None:
    with health_server({b"": message}) as server:
        result = await attempt(server.port)
    assert result.outcome is Outcome.MISMATCH
    assert result.values == {"grpc_status_code": 0, "grpc_serving": {status: 1}}


async def test_a_service_that_the_server_does_not_know_is_told() -> None:
    with health_server() as server:
        result = await attempt(server.port, service="wiki")
    assert result.outcome is Outcome.MISMATCH
    said = 'the server does not know the service (NOT_FOUND: "no such service\\n") (check)'
    assert result.detail == said
    assert result.values == {"grpc_status_code": 5}


async def test_a_server_without_a_health_service_is_told() -> None:
    with health_server(path="/other.Service/Method") as server:
        result = await attempt(server.port)
    assert result.outcome is Outcome.MISMATCH
    assert result.detail.startswith("the server has no health service (UNIMPLEMENTED: ")
    assert result.values == {"grpc_status_code": 12}


async def test_metadata_reaches_the_server() -> None:
    with health_server() as server:
        await attempt(server.port, metadata={"authorization": "Bearer x", "x-who": "netwatch"})
    (metadata,) = server.metadata
    assert (metadata["authorization"], metadata["x-who"]) == ("Bearer x", "netwatch")


async def test_tls_is_a_phase_and_tells_its_facts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with health_server(credentials=tls_credentials(authority)) as server:
        result = await attempt(server.port, transport="tls", tls={"ca_file": authority.ca_file})
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert list(result.phases) == ["resolve", "connect", "tls", "check"]
    assert result.values["tls_verified"] == 1
    assert result.values["tls_not_after"] == TOMORROW.timestamp()
    assert result.values["grpc_serving"] == {"SERVING": 1}


async def test_a_refused_certificate_is_looked_at_all_the_same(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with health_server(credentials=tls_credentials(authority, not_after=YESTERDAY)) as server:
        tls = {"ca_file": authority.ca_file}
        result = await attempt(server.port, transport="tls", tls=tls)
        unverified = await attempt(server.port, transport="tls", tls={"verify": False})
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert result.values["tls_verification_error"] == {"certificate_expired": 1}
    assert result.values["tls_not_after"] == YESTERDAY.timestamp()
    assert unverified.outcome is Outcome.OK


async def test_another_name_may_be_asked_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with health_server(credentials=tls_credentials(authority, "wiki.example")) as server:
        tls = {"ca_file": authority.ca_file}
        wrong = await attempt(server.port, transport="tls", tls=tls)
        right = await attempt(
            server.port, transport="tls", tls=tls | {"server_name": "wiki.example"}
        )
    assert wrong.values["tls_verification_error"] == {"hostname_mismatch": 1}
    assert right.outcome is Outcome.OK


async def test_a_server_may_want_a_certificate_of_ours(tmp_path: Path) -> None:
    authority, clients = Authority(tmp_path), Authority(tmp_path, "clients")
    certificate, key = clients.client()
    tls = {"ca_file": authority.ca_file}
    with health_server(credentials=tls_credentials(authority, clients_of=clients)) as server:
        without = await attempt(server.port, transport="tls", tls=tls)
        with_it = await attempt(
            server.port,
            transport="tls",
            tls=tls | {"certificate_file": certificate, "key_file": key},
        )
    assert without.outcome in (Outcome.TLS, Outcome.RESET)
    assert with_it.outcome is Outcome.OK


async def test_plain_text_to_a_server_with_tls_and_tls_to_one_without_fail(
    tmp_path: Path,
) -> None:
    with health_server(credentials=tls_credentials(Authority(tmp_path))) as server:
        plain = await attempt(server.port)
    with health_server() as server:
        tls = await attempt(server.port, transport="tls")
    assert plain.outcome in (Outcome.PROTOCOL, Outcome.RESET)
    assert (tls.outcome in (Outcome.TLS, Outcome.RESET), tls.phase) == (True, "tls")


# Against servers that follow a script


async def test_the_authority_is_the_target_unless_another_is_asked_for() -> None:
    for authority, expected in (("", "localhost:{port}"), ("wiki", "wiki")):
        handler, asked = answering([(":status", "200")])
        async with tcp_server(handler) as port:
            await attempt(port, authority=authority)
        assert asked[":authority"] == expected.format(port=port)
        assert (asked[":scheme"], asked[":path"]) == ("http", "/grpc.health.v1.Health/Check")


GRPC = [(":status", "200"), ("content-type", "application/grpc")]
OK = [("grpc-status", "0")]


@pytest.mark.parametrize(
    ("answer", "outcome", "detail", "code"),
    [
        ((GRPC, frame(SERVING), OK), Outcome.OK, "", 0),
        (
            ([(":status", "503"), ("content-type", "text/html")], b"<html>"),
            Outcome.MISMATCH,
            'UNAVAILABLE: HTTP status "503" (check)',
            14,
        ),
        (
            ([*GRPC, ("grpc-status", "14"), ("grpc-message", "try%20later")],),
            Outcome.MISMATCH,
            'UNAVAILABLE: "try later" (check)',
            14,
        ),
        (
            ([(":status", "200"), ("content-type", "text/html")], b"<html>"),
            Outcome.PROTOCOL,
            'found content type "text/html", expected gRPC (check)',
            None,
        ),
        (
            (GRPC, b"", OK),
            Outcome.PROTOCOL,
            "found 0 bytes, expected a message (check)",
            0,
        ),
        (
            (GRPC, frame(b"\x08"), OK),
            Outcome.PROTOCOL,
            "found a number without an end, expected one of 64 bits (check)",
            0,
        ),
    ],
    ids=["well", "proxy", "unavailable", "website", "no message", "garbage"],
)
async def test_each_answer_has_its_outcome(
    answer: tuple[Any, ...], outcome: Outcome, detail: str, code: int | None
) -> None:
    handler, _ = answering(*answer)
    async with tcp_server(handler) as port:
        result = await attempt(port)
    assert (result.outcome, result.detail) == (outcome, detail)
    assert result.values.get("grpc_status_code") == code


async def test_a_server_that_says_nothing_times_out_in_the_check() -> None:
    async with tcp_server(says_nothing) as port:
        result = await attempt(port, timeout="100ms")
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, "check")


async def test_a_server_that_ends_at_once_resets() -> None:
    async with tcp_server(ends) as port:
        result = await attempt(port)
    assert (result.outcome, result.phase) == (Outcome.RESET, "check")


async def test_a_closed_port_refuses_while_connecting() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        result = await attempt(port)
        assert (result.outcome, result.phase) == (Outcome.REFUSED, "connect")
        assert (await attempt(port, expect="fail")).outcome is Outcome.OK


async def test_a_name_without_an_address_fails_to_resolve() -> None:
    result = await attempt(443, "elsewhere.example")
    assert (result.outcome, result.phase) == (Outcome.RESOLVE, "resolve")


async def test_each_step_is_told_to_who_watches() -> None:
    notes: list[str] = []
    with health_server() as server:
        await attempt(server.port, notes=notes, service="")
    assert notes == [
        "localhost is 127.0.0.1",
        f"connected to 127.0.0.1 port {server.port}",
        f'asking localhost:{server.port} for the service ""',
        "the call ended as OK",
        "the service is SERVING",
    ]


# Options


async def test_the_port_may_stand_in_the_options() -> None:
    with health_server() as server:
        assert (await attempt(0, port=server.port)).outcome is Outcome.OK
    result = await attempt(0)
    assert result.outcome is Outcome.LOCAL
    assert "found no port" in result.detail


@pytest.mark.parametrize(
    "name", ["Upper", "", "a b", "grpc-timeout", ":path", "content-type", "te", "host", "ü"]
)
def test_metadata_of_other_names_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a metadata name"):
        GrpcOptions(metadata={name: "x"})


@pytest.mark.parametrize("value", ["a\nb", "ü", "\x7f"])
def test_metadata_of_other_characters_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="expected printable ASCII"):
        GrpcOptions(metadata={"x-who": value})
    with pytest.raises(ValidationError, match="expected printable ASCII"):
        GrpcOptions(authority=value)


def test_without_its_library_a_check_is_a_configuration_error(tmp_path: Path) -> None:
    def checked(probe: str) -> "subprocess.CompletedProcess[str]":
        file = tmp_path / "netwatch.yaml"
        file.write_text(f"checks: {{a: {{source: {{static: [127.0.0.1]}}, probe: {probe}}}}}")
        command = [sys.executable, "-c", UNSET_LIBRARY, str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = checked("{grpc: }")
    assert done.returncode == 2
    said = (
        'checks.a.probe.grpc: found no library h2, expected it: pip install "netwatch-agent[grpc]"'
    )
    assert said in done.stderr + done.stdout
    assert checked("{icmp: }").returncode == 0


def test_only_a_check_that_uses_it_imports_the_library() -> None:
    script = "import sys, netwatch.cli.main; sys.exit('h2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_registry_knows_it_by_its_name() -> None:
    assert PROBES["grpc"] is GrpcOptions
