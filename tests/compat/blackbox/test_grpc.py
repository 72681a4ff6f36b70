from pathlib import Path

import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.grpc import GrpcModule
from netwatch.wire.redaction import MASK
from tests.certificates import Authority
from tests.compat.blackbox.oracle import Series, ours
from tests.compat.blackbox.servers import healthy
from tests.tcp_server import says_nothing, tcp_server


def code(found: dict[Series, float]) -> float:
    return found[Series("probe_grpc_status_code", ())]


async def test_who_does_not_answer_has_the_status_that_grpc_libraries_give() -> None:
    module = {"prober": "grpc", "timeout": "1s"}
    async with ours({"m": module}) as prober, tcp_server(says_nothing) as port:
        refused = await prober.probe(module="m", target="127.0.0.1:1")
        late = await prober.probe(module="m", target=f"127.0.0.1:{port}")
    assert (code(refused), code(late)) == (14, 4)


async def test_what_the_server_says_is_1_and_all_else_0(tmp_path: Path) -> None:
    module = {"prober": "grpc", "grpc": {"service": "bad"}}
    async with ours({"m": module}) as prober, healthy()(Authority(tmp_path)) as target:
        found = await prober.probe(module="m", target=target)
    said = {
        labels[0][1]: value
        for (name, labels), value in found.items()
        if name == "probe_grpc_healthcheck_response"
    }
    assert said == {"UNKNOWN": 0, "SERVING": 0, "NOT_SERVING": 1, "SERVICE_UNKNOWN": 0}


@pytest.mark.parametrize(
    ("is_tls", "target", "host", "port"),
    [
        (False, "wiki.example:50051", "wiki.example", 50051),
        (False, "wiki.example", "wiki.example", 80),
        (True, "wiki.example", "wiki.example", 443),
        (True, "https://wiki.example/", "wiki.example", 443),
        (False, "[::1]:50051", "::1", 50051),
    ],
)
def test_a_target_has_the_port_of_http_unless_it_says_another(
    target: str, host: str, port: int, *, is_tls: bool
) -> None:
    endpoint = GrpcModule(tls=is_tls).endpoint(target)
    assert (endpoint.host, endpoint.port) == (host, port)


def test_metadata_is_not_shown() -> None:
    shown = GrpcModule(metadata={"authorization": "Bearer x"}).model_dump(exclude_unset=True)
    assert shown == {"metadata": {"authorization": MASK}}


def test_metadata_that_cannot_be_sent_is_refused_when_the_file_is_read() -> None:
    assert GrpcModule(metadata={"x-mode": "live"}).options().metadata == {"x-mode": "live"}
    with pytest.raises(ValidationError, match="expected a metadata name"):
        GrpcModule(metadata={"grpc-timeout": "1S"})


@pytest.mark.parametrize(
    ("metadata", "wanted"),
    [({"X-Team": "net"}, ("x-team", "net")), ({"X-Id-Bin": "ab"}, ("x-id-bin", b"ab"))],
)
async def test_metadata_is_sent_as_grpc_libraries_do(
    metadata: dict[str, str], wanted: tuple[str, str | bytes], tmp_path: Path
) -> None:
    module = {"prober": "grpc", "grpc": {"metadata": metadata}}
    serve = healthy(wanted=wanted)
    async with ours({"m": module}) as prober, serve(Authority(tmp_path)) as target:
        found = await prober.probe(module="m", target=target)
    assert (found[Series("probe_success", ())], code(found)) == (1, 0)


def test_a_name_of_metadata_is_said_once() -> None:
    with pytest.raises(ValidationError, match="found a name of metadata twice"):
        GrpcModule(metadata={"X-Team": "a", "x-team": "b"})


def test_the_parameter_hostname_is_the_name_in_the_certificate() -> None:
    assert GrpcModule().asking_for("wiki.example").options().tls.server_name == "wiki.example"
