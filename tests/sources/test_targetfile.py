import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.sources.targetfile import parse_targets


def parse(document: Any) -> Snapshot:
    return parse_targets(json.dumps(document), as_json=True)


def test_a_list_is_read_as_in_the_configuration() -> None:
    text = "- wiki.example\n- {name: gateway, host: 10.0.0.1, zone: a, labels: {team: net}}\n"
    assert parse_targets(text, as_json=False) == (
        Endpoint(name="wiki.example", host="wiki.example"),
        Endpoint(name="gateway", host="10.0.0.1", zone="a", labels=(("team", "net"),)),
    )


def test_json_and_yaml_of_one_document_are_the_same_targets() -> None:
    text = '["10.0.0.1", {"host": "wiki", "port": 80}]'
    assert parse_targets(text, as_json=True) == parse_targets(text, as_json=False)


def test_a_file_may_list_nothing() -> None:
    assert parse([]) == ()


def test_prometheus_file_sd_is_read() -> None:
    groups = [
        {
            "targets": ["wiki.example:443", "10.0.0.1", "[2001:db8::1]:80"],
            "labels": {"team": "net", "zone": "a", "job": "node", "__meta_x": "y"},
        },
        {"targets": ["other"]},
    ]
    team = (("team", "net"),)
    assert parse(groups) == (
        Endpoint(name="wiki.example", host="wiki.example", port=443, zone="a", labels=team),
        Endpoint(name="10.0.0.1", host="10.0.0.1", zone="a", labels=team),
        Endpoint(name="2001:db8::1", host="2001:db8::1", port=80, zone="a", labels=team),
        Endpoint(name="other", host="other"),
    )


def test_the_targets_of_the_ping_exporter_are_read() -> None:
    document = {
        "cluster_targets": [{"ipAddress": "192.168.191.11", "name": "kube-a-3"}],
        "external_targets": [{"host": "8.8.8.8", "name": "google-dns"}, {"host": "youtube.com"}],
    }
    assert parse(document) == (
        Endpoint(name="kube-a-3", host="192.168.191.11", is_node=True),
        Endpoint(name="google-dns", host="8.8.8.8"),
        Endpoint(name="youtube.com", host="youtube.com"),
    )


@pytest.mark.parametrize("missing", [{}, {"external_targets": None}])
def test_the_ping_exporter_may_have_no_external_targets(missing: dict[str, Any]) -> None:
    assert parse({"cluster_targets": [], **missing}) == ()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "found nothing, expected a list of targets"),
        ({"hosts": ["a"]}, "found a mapping, expected a list of targets"),
        (["a", 7], "[1]: found 7, expected a valid dictionary or instance of StaticTarget"),
        (["a", "b/c"], '[1].host: found "b/c", expected an IP address or a host name'),
        ([{"name": "a"}], "[0]: found neither of host and url, expected exactly one of them"),
        ([{"host": "a", "prot": 80}], "[0].prot: unknown key"),
        ([{"host": "a", "port": "80"}], '[0].port: found "80", expected a valid integer'),
        (["a", "a"], 'found "a" twice, expected different names or hosts'),
        (
            [{"host": "a", "labels": {"le": "b"}}],
            '[0].labels.le: "le" is a reserved label name, expected another one',
        ),
        (
            [{"targets": ["a"], "labels": {"a-b": "c"}}],
            (
                '[0].labels.a-b: found "a-b", expected a label name: '
                "letters, digits and underscores, no digit first"
            ),
        ),
        (
            [{"targets": ["a", "b:http"]}],
            '[0].targets[1]: found port "http" in "b:http", expected 1 to 65535',
        ),
        (
            [{"targets": ["ftp://a/"]}],
            '[0].targets[0].url: found "ftp://a/", expected a URL of http or https',
        ),
        ([{"targets": "a"}], '[0].targets: found "a", expected a valid list'),
        (
            {"cluster_targets": [{"ipAddress": "10.0.0.256", "name": "a"}]},
            (
                'cluster_targets[0].ipAddress: found "10.0.0.256", '
                "expected an IP address or a host name"
            ),
        ),
        (
            {"cluster_targets": [{"ipAddress": "10.0.0.1"}]},
            "cluster_targets[0].name: found nothing, expected a value",
        ),
    ],
)
def test_a_wrong_entry_is_said_with_its_place_and_what_is_expected(
    document: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=r"found|unknown|label") as caught:
        parse(document)
    assert str(caught.value) == message


def test_urls_are_targets_in_every_format() -> None:
    url = "https://wiki.example/healthz"
    for document in (
        [url],
        [{"url": url}],
        [{"targets": [url], "labels": {"team": "docs"}}],
        {"external_targets": [{"url": url, "name": "wiki"}]},
    ):
        (endpoint,) = parse(document)
        assert (endpoint.url, endpoint.host, endpoint.port) == (url, "wiki.example", 443)


def test_user_info_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="user info") as caught:
        parse([{"targets": ["https://me:secret@wiki.example/"]}])
    assert "secret@" not in str(caught.value)


def test_broken_json_is_said_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^2:1: found broken JSON: [a-z]"):
        parse_targets('["wiki",\n', as_json=True)


def test_broken_yaml_is_said_with_its_place_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^2:3: [^\n]*duplicate key[^\n]*$"):
        parse_targets("- host: a\n  host: b\n  host: c\n", as_json=False)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("text", ["[", "[" * 100_000, '["\\ud800"]', '[{"\\ud800": 1}]', "[1e999]"])
def test_what_cannot_be_read_is_a_value_error_that_can_be_printed(
    text: str, *, as_json: bool
) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_targets(text, as_json=as_json)
    assert str(caught.value).encode()


KEYS = st.sampled_from(
    [
        "targets",
        "labels",
        "host",
        "url",
        "name",
        "port",
        "cluster_targets",
        "external_targets",
        "zone",
    ]
)
SCALARS = st.sampled_from(["a", "a:1", "10.0.0.1", "[::1]:2", "", 1, 70000, None, True, 1.5])
DOCUMENTS = st.recursive(
    SCALARS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_any_document_is_a_snapshot_or_a_value_error(document: Any) -> None:
    try:
        snapshot = parse(document)
    except ValueError as error:
        str(error).encode()  # can be printed
        return
    identities = [(endpoint.name, endpoint.host, endpoint.port) for endpoint in snapshot]
    assert len(set(identities)) == len(identities)
    assert all(endpoint.name and endpoint.host for endpoint in snapshot)


@given(st.text(), st.booleans())
def test_any_text_is_a_snapshot_or_a_value_error(text: str, json_or_yaml: object) -> None:
    with suppress(ValueError):
        assert isinstance(parse_targets(text, as_json=bool(json_or_yaml)), tuple)
