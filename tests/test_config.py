import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.config import CheckConfig, load, schema, unfit
from netwatch.options import Choice
from netwatch.peers import PeersOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.source import SourceOptions
from netwatch.sources.file import FileOptions
from netwatch.sources.static import StaticOptions
from netwatch.validation import ConfigError
from netwatch.wire.yaml import parse
from tests.knocking import KnockOptions

DOCUMENTATION = Path(__file__).parent.parent / "docs" / "configuration.md"
GOOD = "checks: {a: {source: {static: [10.0.0.7]}, probe: {icmp: }}}"


def errors(text: str | bytes, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, "f.yaml", environ or {})
    return str(caught.value).splitlines()


OF_A_FILE = "checks, compat, defaults, listen, node_name, reload_endpoint, sinks, udp_echo, web"
OF_SOURCES = "endpoints, file, local, nodes, pods, services, static"
OF_A_CHECK = "labels, optional, peers, probe, resolve, source, state"


def a_check(text: str) -> str:
    """Return a file whose check `a` says `text` at 5:5."""
    return f"checks:\n  a:\n    source: {{static: [10.0.0.7]}}\n    probe: {{icmp: }}\n    {text}\n"


def a_probe(text: str) -> str:
    """Return a file whose options of ping are `text`, at 4:20."""
    return f"checks:\n  a:\n    source: {{static: [10.0.0.7]}}\n    probe: {{icmp: {{{text}}}}}\n"


def a_source(text: str) -> str:
    """Return a file whose check `a` has the source `text`, at 4:13."""
    return f"checks:\n  a:\n    probe: {{icmp: }}\n    source: {text}\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "found nothing, expected a mapping"),
        ("[]", "1:1", "found an empty list, expected a mapping"),
        ("listen: []", "1:1: checks", "missing, expected a mapping"),
        (
            f"{GOOD}\nweb: {{kubernetes_auth: {{enabled: true}}}}",
            "2:6: web",
            "found kubernetes_auth without a config_file, expected one with tls_server_config",
        ),
        ("checks:", "1:8: checks", "found nothing, expected a mapping"),
        ("checks: {}", "1:9: checks", "found an empty mapping, expected 1 or more entries"),
        ("checks: [a]", "1:9: checks", "found a list, expected a mapping"),
        (
            f"{GOOD}\nsinks: {{textfile: {{interval: 1s}}}}",
            "2:19: sinks.textfile.path",
            "missing, expected text",
        ),
        (
            f"{GOOD}\ncompat: {{ping_exporter: 1}}",
            "2:25: compat.ping_exporter",
            "found 1, expected true or false",
        ),
        (
            f"{GOOD}\nchekcs: 1",
            "2:1: chekcs",
            (f'unknown key, did you mean "checks"? expected one of {OF_A_FILE}'),
        ),
        (
            f"{GOOD}\nxyz: 1",
            "2:1: xyz",
            f"unknown key, expected one of {OF_A_FILE}",
        ),
        (
            f"{GOOD}\nreload_endpoint: yes",
            "2:18: reload_endpoint",
            'found "yes", expected true or false',
        ),
        (f"{GOOD}\nlisten: :1", "2:9: listen", 'found ":1", expected a list'),
        (
            f"{GOOD}\nlisten: [9847]",
            "2:10: listen[0]",
            "found 9847, expected ADDRESS:PORT such as 127.0.0.1:9847, [::1]:9847 or :9847",
        ),
        (
            f'{GOOD}\nlisten: [":1", "node:1"]',
            "2:16: listen[1]",
            'found "node", expected an IP address, no host name',
        ),
        (
            f'{GOOD}\nlisten: [":65536"]',
            "2:10: listen[0]",
            "found the port 65536, expected 0 to 65535",
        ),
        (
            "checks: {a b: {source: {static: [x]}, probe: {icmp: }}}",
            "1:10: checks.a b",
            'found "a b", expected a check name: 1 to 63 letters, digits, "-", "_" and "."',
        ),
        ("checks: {a: }", "1:13: checks.a", "found nothing, expected a mapping"),
        (
            "checks: {a: {source: {local: {gateways: true}}}}",
            "1:13: checks.a.probe",
            "missing, expected a mapping",
        ),
        (
            f"{GOOD[:-1]}, a: {{}}}}",
            "1:62: checks.a",
            "duplicate key, expected it once; it was first at 1:10",
        ),
        (
            a_check("labes: {}"),
            "5:5: checks.a.labes",
            f'unknown key, did you mean "labels"? expected one of {OF_A_CHECK}',
        ),
        (
            a_check("labels: {zone: a}"),
            "5:14: checks.a.labels.zone",
            '"zone" is a reserved label name, expected another one',
        ),
        (
            a_check("labels: {__x: a}"),
            "5:14: checks.a.labels.__x",
            '"__x" is a reserved label name, expected another one',
        ),
        (
            a_check("labels: {a-b: c}"),
            "5:14: checks.a.labels.a-b",
            'found "a-b", expected a label name: letters, digits and underscores, no digit first',
        ),
        (
            a_check("labels: {floor: 3}"),
            "5:21: checks.a.labels.floor",
            "found 3, expected text in quotes",
        ),
        (
            a_check("labels: {team: ${TEAM}}"),
            "5:21",
            'found ${ inside [ ] or { }, expected the value in quotes, as in "${NAME}"',
        ),
        (
            a_check("state: {down_after: 0}"),
            "5:25: checks.a.state.down_after",
            "found 0, expected at least 1",
        ),
        (
            a_check("resolve: {family: ipv5}"),
            "5:23: checks.a.resolve.family",
            'found "ipv5", expected any, prefer_ipv6, ipv4, ipv6 or both',
        ),
        (
            a_check("peers: some"),
            "5:12: checks.a.peers",
            'found "some", expected auto, all or a mapping',
        ),
        (
            a_check("peers: {sample: 0}"),
            "5:21: checks.a.peers.sample",
            "found 0, expected at least 1",
        ),
        (
            a_check("peers: {smaple: 5}"),
            "5:13: checks.a.peers.smaple",
            'unknown key, did you mean "sample"? expected one of rotate, sample',
        ),
        (
            a_check("peers: {rotate: 5s}"),
            "3:5: checks.a",
            "found rotate 5s, expected at least 7s: time for 5 attempts at the probe's interval",
        ),
        (
            a_probe("timeout: 5"),
            "4:29: checks.a.probe.icmp.timeout",
            "5 has no unit, expected a duration such as 500ms, 1s or 2m",
        ),
        (
            a_probe("timeout: '5'"),
            "4:29: checks.a.probe.icmp.timeout",
            '"5" has no unit, expected a duration such as 500ms, 1s or 2m',
        ),
        (
            a_probe("timeout: 5 s"),
            "4:29: checks.a.probe.icmp.timeout",
            'found "5 s", expected a duration such as 500ms, 1s or 2m',
        ),
        (
            a_probe("interval: 1us"),
            "4:30: checks.a.probe.icmp.interval",
            'found "1us", expected at least 10ms',
        ),
        (
            a_probe("size: 1.5"),
            "4:26: checks.a.probe.icmp.size",
            "found 1.5, expected a whole number",
        ),
        (
            a_probe("source_address: x"),
            "4:36: checks.a.probe.icmp.source_address",
            'found "x", expected an IP address',
        ),
        (
            a_probe("dont_fragment: 1"),
            "4:35: checks.a.probe.icmp.dont_fragment",
            "found 1, expected true or false",
        ),
        (a_source("static"), "4:13: checks.a.source", 'found "static", expected a mapping'),
        (
            a_source("{}"),
            "4:13: checks.a.source",
            f"found an empty mapping, expected exactly one of {OF_SOURCES}",
        ),
        (
            a_source("{local: {gateways: true}, static: [x]}"),
            "4:13: checks.a.source",
            f"found local and static, expected exactly one of {OF_SOURCES}",
        ),
        (a_source("{static: }"), "4:22: checks.a.source.static", "found nothing, expected a list"),
        (
            a_source("{static: []}"),
            "4:22: checks.a.source.static",
            "found an empty list, expected 1 or more entries",
        ),
        (
            a_source("{static: [{name: x}]}"),
            "4:23: checks.a.source.static[0]",
            "found neither of host and url, expected exactly one of them",
        ),
        (
            a_source("{static: [{host: x, url: http://x/}]}"),
            "4:23: checks.a.source.static[0]",
            "found both of host and url, expected exactly one of them",
        ),
        (
            a_source('{static: [{host: "https://me:secret@x/"}]}'),
            "4:30: checks.a.source.static[0].host",
            'found "@" in a host, expected an IP address or a host name',
        ),
        (
            a_source('{static: [a, {url: "http://me:secret@x/"}]}'),
            "4:32: checks.a.source.static[1].url",
            "found user info in a URL, expected a URL without: it is a secret, and URLs are shown",
        ),
        (
            a_source("{static: [ftp://x/]}"),
            "4:23: checks.a.source.static[0]",
            'found "ftp://x/", expected a URL of http or https',
        ),
        (
            a_source("{static: [{host: x, prot: 1}]}"),
            "4:33: checks.a.source.static[0].prot",
            (
                'unknown key, did you mean "port"? '
                "expected one of backends, host, labels, name, port, url, zone"
            ),
        ),
        (a_source("{file: }"), "4:20: checks.a.source.file.path", "missing, expected text"),
        (
            a_source('"${SOURCE}"'),
            "4:13: checks.a.source",
            "the variable SOURCE is not set, expected it in the environment, or ${SOURCE:-default}",
        ),
        ("checks:\n\ta: 1", "2:1", "found a tab, expected spaces"),
        (f"{GOOD}\n---\n{GOOD}", "2:1", "found a second document, expected one in a file"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, message: str) -> None:
    assert errors(text) == [f"f.yaml:{place}: {message}"]


def test_two_targets_that_are_one_collide() -> None:
    [error] = errors(a_source("{static: [10.0.0.7, 10.0.0.8, {host: 10.0.0.7}]}"))
    assert error.startswith("f.yaml:4:22: checks.a.source.static: ")
    assert "10.0.0.7" in error
    assert "twice" in error


def test_a_target_that_does_not_suit_its_probe_is_wrong_at_its_own_place() -> None:
    text = "checks:\n  a:\n    source:\n      static:\n        - {host: x, port: 80}\n        - y\n"
    static: SourceOptions = StaticOptions.model_validate([{"host": "x", "port": 80}, "y"])
    source = Choice("static", static)
    check = CheckConfig.model_construct(source=source, probe=Choice("knock", KnockOptions()))
    (problem,) = unfit({"a": check}, parse(text))
    said = "found no port, expected a target with one, for the probe knock"
    assert str(problem) == f"6:11: checks.a.source.static[1]: {said}"


def test_all_that_is_wrong_is_told_at_once_by_position() -> None:
    text = """\
listen: ["${HOST}:9847", "[::1]:9847"]
checks:
  nodes:
    source: {static: [{host: a, prt: 1}]}
    probe: {icmp: {timeout: 5, interval: "${INTERVAL}"}}
    lables: {}
  nodes: {}
  gateway:
    probe: {icmpp: }
"""
    assert [line.split(": ")[0] for line in errors(text)] == [
        "f.yaml:1:10",
        "f.yaml:4:33",
        "f.yaml:5:29",
        "f.yaml:5:42",
        "f.yaml:6:5",
        "f.yaml:7:3",
        "f.yaml:9:5",
        "f.yaml:9:13",
    ]


def test_a_file_is_read_into_typed_values() -> None:
    config = load(
        """\
listen: ["127.0.0.1:9847", "${HOST_IP}:9847", ":0"]
reload_endpoint: true
node_name: kube-3
checks:
  one:
    source: {static: [{host: 10.0.0.7, name: db, port: 5432, labels: {tier: "1"}}]}
    probe: {icmp: {interval: 500ms, size: 1400}}
    labels: {team: net}
    state: {down_after: 5, degraded_latency: 20ms}
    resolve: {family: both}
    peers: {sample: 5, rotate: 1h}
  two.x-y_z:
    source: {file: {path: /etc/targets.yaml}}
    probe: {icmp: }
""",
        "f.yaml",
        {"HOST_IP": "10.0.0.1"},
    )
    one, two = config.checks["one"], config.checks["two.x-y_z"]
    assert config.listen == [("127.0.0.1", 9847), ("10.0.0.1", 9847), ("", 0)]
    assert config.reload_endpoint
    assert config.node_name == "kube-3"
    assert (one.source_name, one.probe_name) == ("static", "icmp")
    assert isinstance(one.source_options, StaticOptions)
    assert one.source_options.root[0].labels == {"tier": "1"}
    assert one.probe_options == IcmpOptions.model_validate({"interval": "500ms", "size": 1400})
    assert one.labels == {"team": "net"}
    assert (one.state.down_after, one.state.degraded_latency) == (5, 0.02)
    assert one.resolve.family == "both"
    assert one.peers == PeersOptions.model_validate({"sample": 5, "rotate": "1h"})
    assert two.source_options == FileOptions(path="/etc/targets.yaml")
    assert two.probe_options == IcmpOptions()


def test_what_is_not_said_has_its_default() -> None:
    config = load(GOOD, "f.yaml", {})
    assert config.listen == [("127.0.0.1", 9847)]
    assert not config.reload_endpoint
    assert config.checks["a"].labels == {}
    assert config.checks["a"].state.down_after == 3
    assert config.checks["a"].peers == "auto"


def test_a_number_from_the_environment_is_a_number() -> None:
    text = (
        "checks:\n  a:\n    source: {static: [a]}\n    probe:\n      icmp:\n        size: ${SIZE}\n"
    )
    config = load(text, "f.yaml", {"SIZE": "1400"})
    assert config.checks["a"].probe_options == IcmpOptions(size=1400)


def test_json_is_accepted() -> None:
    check = {"source": {"static": ["10.0.0.7"]}, "probe": {"icmp": None}}
    assert load(json.dumps({"checks": {"a": check}}), "f.json", {}) == load(GOOD, "f.yaml", {})


def test_files_that_say_the_same_are_equal() -> None:
    spelt_out = """listen: ["127.0.0.1:9847"]
checks:
  a:
    labels: {}
    probe: {icmp: {interval: 1000ms}}
    source: {static: [{host: 10.0.0.7}]}
"""
    assert load(GOOD, "f.yaml", {}) == load(spelt_out, "f.yaml", {})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("10.0.0.7]", "10.0.0.8]"),
        ("icmp: ", "icmp: {size: 57}"),
        ("probe", "labels: {a: b}, probe"),
    ],
)
def test_a_check_that_changed_is_not_equal_to_what_it_was(before: str, after: str) -> None:
    old, new = load(GOOD, "f.yaml", {}), load(GOOD.replace(before, after), "f.yaml", {})
    assert old.checks["a"] != new.checks["a"]
    assert old.listen == new.listen


KEYS = (
    "listen checks reload_endpoint a source probe labels state resolve static file local icmp host"
)
KEYS += " port interval timeout path gateways optional peers sample rotate node_name"

keys = st.sampled_from(KEYS.split())
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
leaves |= st.sampled_from(["1s", "5", "127.0.0.1:1", "10.0.0.7", "${NONE}", "any"])
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner)
)


@given(trees)
def test_any_document_is_a_configuration_or_has_errors_in_plain_words(value: Any) -> None:
    text = json.dumps(value).replace(r"\ud", "")
    try:
        load(text, "f.yaml", {})
    except ConfigError as error:
        said = str(error)
        assert all(
            re.match(r"f\.yaml:[1-9][0-9]*:[1-9][0-9]*: ", line) for line in said.split("\n")
        )
        assert not re.search(r"Input should|Extra inputs|Field required|https?:", said)


@given(st.text() | st.binary())
def test_any_text_is_a_configuration_or_has_errors(text: str | bytes) -> None:
    assert errors(text)


def test_the_schema_is_of_2020_12_and_knows_every_key() -> None:
    found = schema()
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert sorted(found["properties"]) == [
        "checks",
        "compat",
        "defaults",
        "listen",
        "node_name",
        "reload_endpoint",
        "sinks",
        "udp_echo",
        "web",
    ]
    assert sorted(found["$defs"]["Source"]["properties"]) == OF_SOURCES.split(", ")
    assert found["$defs"]["Probe"]["properties"]["icmp"]["anyOf"][0] == {
        "$ref": "#/$defs/IcmpOptions"
    }


def test_the_schema_writes_durations_as_files_do_and_describes_every_field() -> None:
    definitions = schema()["$defs"]
    interval = definitions["IcmpOptions"]["properties"]["interval"]
    assert (interval["type"], interval["default"]) == ("string", "1s")
    assert re.fullmatch(interval["pattern"], "1m30s")
    for name, definition in definitions.items():
        if name not in ("Source", "Probe"):
            for field in definition.get("properties", {}).values():
                assert field["description"]


def test_the_schema_refuses_keys_that_are_no_names() -> None:
    checks = schema()["properties"]["checks"]
    assert checks["additionalProperties"] is False
    [pattern] = checks["patternProperties"]
    assert re.search(pattern, "two.x-y_z")
    assert not re.search(pattern, "a b")


EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENTATION.read_text(), re.MULTILINE | re.DOTALL)
FILES = [text for text in EXAMPLES if re.search("^checks:", text, re.MULTILINE)]


def test_the_documentation_has_examples() -> None:
    assert len(FILES) >= 3


@pytest.mark.parametrize("text", FILES)
def test_every_file_in_the_documentation_loads(text: str) -> None:
    assert load(text, "example", {"HOST_IP": "10.0.0.1"}).checks


def test_every_setting_is_documented() -> None:
    text = DOCUMENTATION.read_text()
    names = set(schema()["properties"])
    for definition in schema()["$defs"].values():
        names |= set(definition.get("properties", {}))
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
