import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.tcp import TcpModule
from tests.certificates import Authority
from tests.compat.blackbox import servers
from tests.compat.blackbox.oracle import Series, ours
from tests.compat.blackbox.servers import plain, talk
from tests.tcp_server import ends, says_nothing

BANNER = b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n"


def module(**keys: object) -> TcpModule:
    return TcpModule.model_validate(keys)


async def failures(
    serve: servers.Serve, authority: Authority, *steps: dict[str, object]
) -> dict[str, float]:
    """Return by what a dialogue failed."""
    section = {"prober": "tcp", "timeout": "500ms", "tcp": {"query_response": list(steps)}}
    async with ours({"m": section}) as prober, serve(authority) as target:
        found = await prober.probe(module="m", target=target)
    assert found[Series("probe_success", ())] == 0
    return {why: found[Series(f"probe_failed_due_to_{why}", ())] for why in ("regex", "bytes")}


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


async def test_labels_tell_what_was_captured(authority: Authority) -> None:
    step = {
        "expect": "^SSH-2.0-([^ -]+)(?: (.*))?$",
        "labels": [
            {"name": "version", "value": "${1}"},
            {"name": "comments", "value": "$2!"},
            {"name": "constant", "value": "$$"},
        ],
    }
    section = {"prober": "tcp", "tcp": {"query_response": [step]}}
    async with ours({"m": section}) as prober, plain(talk(BANNER))(authority) as target:
        found = await prober.probe(module="m", target=target)
    said = (("comments", "Debian-3!"), ("constant", "$"), ("version", "OpenSSH_9.6p1"))
    assert found[Series("probe_expect_info", said)] == 1


async def test_who_sends_something_else_fails_by_what_was_expected(authority: Authority) -> None:
    banner = plain(talk(b"HTTP/1.0\n"))
    by_regex = await failures(plain(ends), authority, {"expect": "^SSH"})
    by_bytes = await failures(banner, authority, {"expect_bytes": "SSH-2.0-"})
    by_silence = await failures(plain(says_nothing), authority, {"expect": "^SSH"})
    assert by_regex == {"regex": 1, "bytes": 0}
    assert by_bytes == {"regex": 0, "bytes": 1}
    assert by_silence == {"regex": 0, "bytes": 0}


async def test_what_somebody_put_in_before_tls_fails_the_probe(authority: Authority) -> None:
    injected = servers.starts_tls(servers.good, b"220 go on\r\n250 put in\r\n")
    steps: list[dict[str, object]] = [
        {"expect": "^220", "send": "EHLO prober"},
        {"expect": "STARTTLS", "send": "STARTTLS"},
        {"expect": "^220", "starttls": True},
    ]
    assert await failures(injected, authority, *steps) == {"regex": 0, "bytes": 0}


async def test_an_empty_step_is_passed_over(authority: Authority) -> None:
    banner = plain(talk(b"HTTP/1.0\n"))
    by_bytes = await failures(banner, authority, {}, {"expect_bytes": "SSH-2.0-"})
    assert by_bytes == {"regex": 0, "bytes": 1}


async def test_the_parameter_hostname_is_the_name_in_the_certificate(authority: Authority) -> None:
    section = {"prober": "tcp", "tcp": {"tls": True, "tls_config": {"ca_file": authority.ca_file}}}
    serve = servers.secured(says_nothing, servers.elsewhere)
    async with ours({"m": section}) as prober, serve(authority) as target:
        refused = await prober.probe(module="m", target=target)
        found = await prober.probe(module="m", target=target, hostname="elsewhere.example")
    assert refused[Series("probe_success", ())] == 0
    assert found[Series("probe_success", ())] == 1


@pytest.mark.parametrize("target", ["wiki.example", "wiki.example:0", "wiki.example:x", "a b:80"])
def test_a_target_is_a_host_with_a_port(target: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        module().endpoint(target)


@pytest.mark.parametrize(
    ("target", "host"), [("wiki.example:22", "wiki.example"), ("[::1]:22", "::1")]
)
def test_the_host_of_a_target_may_be_a_name_or_an_address(target: str, host: str) -> None:
    endpoint = module().endpoint(target)
    assert (endpoint.host, endpoint.port) == (host, 22)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"expect": "("}, "expected a regular expression"),
        ({"expect": "a(b)", "send": "${2}"}, r"found \$\{2\}"),
        ({"send": "${1}"}, "found a reference in send, expected expect in the same step"),
        ({"expect": "a(b)", "send": "$${1}"}, r"found \$\$\{ in send"),
        ({"expect": "a", "expect_bytes": "b"}, "expected one of them in a step"),
        ({"labels": [{"name": "a", "value": "b"}]}, "found labels without expect"),
        ({"expect": "a", "labels": [{"name": "a-b"}]}, 'found "a-b", expected a label name'),
        (
            {"expect": "a", "labels": [{"name": "a", "value": "$1"}]},
            r"found \$1 in labels",
        ),
    ],
)
def test_what_cannot_be_said_is_refused_when_the_file_is_read(
    step: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        module(query_response=[step])
