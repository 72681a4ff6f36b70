from dataclasses import replace

import pytest
from pydantic import TypeAdapter, ValidationError

from netwatch.httpclient.target_url import PathText, url_of
from tests.nouns import a_target

HOST = replace(a_target().endpoint, host="wiki")


def test_a_target_that_is_a_url_is_asked_for_it() -> None:
    endpoint = replace(HOST, url="https://wiki:8443/x?y", port=8443)
    assert str(url_of(endpoint, "http", "/metrics", port=1)) == "https://wiki:8443/x?y"


@pytest.mark.parametrize(
    ("own_port", "port", "url"),
    [
        (0, 0, "http://wiki/metrics"),
        (0, 10249, "http://wiki:10249/metrics"),
        (8080, 10249, "http://wiki:8080/metrics"),
    ],
)
def test_a_host_gets_its_own_port_or_the_usual_one(own_port: int, port: int, url: str) -> None:
    assert str(url_of(replace(HOST, port=own_port), "http", "/metrics", port=port)) == url


@pytest.mark.parametrize("path", ["", "metrics", "/a b", "/a#b"])
def test_what_is_no_path_is_an_error(path: str) -> None:
    with pytest.raises(ValidationError, match="expected a path such as /healthz"):
        TypeAdapter[str](PathText).validate_python(path)
