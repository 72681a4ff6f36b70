import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.http import MAX_BODY_BYTES, MAX_KEPT_BODY_BYTES, HttpModule
from netwatch.probes.http.probe import HttpOptions


def module(**keys: object) -> HttpModule:
    return HttpModule.model_validate(keys)


@pytest.mark.parametrize(
    ("target", "host", "port", "url"),
    [
        ("wiki.example", "wiki.example", 80, "http://wiki.example"),
        ("wiki.example:8080/a?b", "wiki.example", 8080, "http://wiki.example:8080/a?b"),
        ("https://wiki.example/", "wiki.example", 443, "https://wiki.example/"),
        ("[::1]:8080", "::1", 8080, "http://[::1]:8080"),
    ],
)
def test_a_target_is_a_url_or_what_comes_after_http(
    target: str, host: str, port: int, url: str
) -> None:
    endpoint = module().endpoint(target)
    assert (endpoint.host, endpoint.port, endpoint.url) == (host, port, url)


@pytest.mark.parametrize("target", ["ftp://wiki", "https://", "http://me:12345@wiki", "a b"])
def test_what_is_no_url_is_no_target(target: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        module().endpoint(target)
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "option", "value"),
    [
        ({}, "valid_status", ["2xx"]),
        ({"valid_status_codes": [200, 404]}, "valid_status", [200, 404]),
        ({"valid_http_versions": ["HTTP/1.1", "HTTP/2"]}, "valid_versions", ["1.1"]),
        ({}, "require_tls", None),
        ({"fail_if_ssl": True}, "require_tls", False),
        ({"fail_if_not_ssl": True}, "require_tls", True),
        ({}, "max_redirects", 10),
        ({"follow_redirects": False}, "max_redirects", 0),
        ({"no_follow_redirects": True}, "max_redirects", 0),
        ({"no_follow_redirects": False, "follow_redirects": False}, "max_redirects", 10),
        ({}, "max_body_bytes", MAX_BODY_BYTES),
        ({"body_size_limit": "10MB"}, "max_body_bytes", 10 * 2**20),
        ({"fail_if_body_matches_regexp": ["x"]}, "max_body_bytes", MAX_KEPT_BODY_BYTES),
        ({"compression": "gzip"}, "compression", "gzip"),
        ({"method": "POST", "body": "a"}, "body", "a"),
    ],
)
def test_each_key_becomes_an_option_of_the_probe(
    keys: dict[str, object], option: str, value: object
) -> None:
    options = module(**keys).options()
    assert isinstance(options, HttpOptions)
    assert getattr(options, option) == value


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"fail_if_ssl": True, "fail_if_not_ssl": True}, "expected one of them"),
        ({"valid_http_versions": ["HTTP/2"]}, "expected HTTP/1.1 among valid_http_versions"),
        ({"body": "a", "body_file": "b"}, "found body and body_file, expected one of them"),
        ({"method": "GET IT"}, "method: expected a method such as GET"),
        ({"compression": "br"}, "Input should be"),
        ({"headers": {"Content-Length": "5"}}, "expected a header that netwatch does not set"),
        ({"fail_if_header_matches": [{"header": "X"}]}, "Field required"),
    ],
)
def test_what_cannot_be_asked_is_refused_when_the_file_is_read(
    keys: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        module(**keys)


def test_the_parameter_hostname_is_the_host_header_and_the_name_in_the_certificate() -> None:
    options = module(headers={"X-Mode": "live"}).asking_for("wiki.example").options()
    assert options.headers == {"X-Mode": "live", "Host": "wiki.example"}
    assert options.tls.server_name == "wiki.example"


def test_the_parameter_hostname_may_not_contradict_the_module() -> None:
    said = module(headers={"host": "wiki.example"})
    assert said.asking_for("wiki.example").options().tls.server_name == "wiki.example"
    with pytest.raises(ValueError, match="found the parameter hostname other, expected wiki"):
        said.asking_for("other")
