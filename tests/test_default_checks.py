"""Files that stand on the default checks; tests/test_config.py has the files that do not."""

import jsonschema
import pytest

from netwatch.config import load, schema
from netwatch.defaults import DEFAULT_CONFIG
from netwatch.validation import ConfigError
from netwatch.wire.yaml import parse

DEFAULT = load(DEFAULT_CONFIG, "default", {}).checks
NAME, *OTHERS = DEFAULT
OWN = "wiki: {source: {static: [wiki.example]}, probe: {icmp: }}"


def error_in(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text, "f.yaml", {})
    return str(caught.value)


def test_a_file_has_only_its_own_checks_unless_it_asks_for_more() -> None:
    assert list(load(f"checks: {{{OWN}}}", "f.yaml", {}).checks) == ["wiki"]
    off = f"defaults: {{enabled: false}}\nchecks: {{{OWN}}}"
    assert list(load(off, "f.yaml", {}).checks) == ["wiki"]


def test_a_file_can_have_the_default_checks_and_add_to_them() -> None:
    checks = load(f"defaults: {{enabled: true}}\nchecks: {{{OWN}}}", "f.yaml", {}).checks
    assert list(checks) == [*DEFAULT, "wiki"]
    assert checks[NAME] == DEFAULT[NAME]


def test_a_file_with_the_default_checks_needs_none_of_its_own() -> None:
    assert load("defaults: {enabled: true}", "f.yaml", {}).checks == DEFAULT


def test_a_check_takes_the_place_of_the_default_one_of_its_name() -> None:
    own = OWN.replace("wiki:", f"{NAME}:", 1)
    checks = load(f"defaults: {{enabled: true}}\nchecks: {{{own}}}", "f.yaml", {}).checks
    assert list(checks) == [*DEFAULT]
    assert checks[NAME].source_name == "static"


def test_default_checks_can_be_left_out_also_ones_that_are_not_there() -> None:
    text = f"defaults: {{enabled: true, without: [{NAME}, no-such]}}\nchecks: {{{OWN}}}"
    assert list(load(text, "f.yaml", {}).checks) == [*OTHERS, "wiki"]


def test_without_any_check_the_file_is_wrong() -> None:
    text = f"defaults: {{enabled: true, without: [{', '.join(DEFAULT)}]}}"
    assert "found an empty mapping, expected 1 or more entries" in error_in(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("defaults: true", "f.yaml:1:11: defaults: found true, expected a mapping"),
        ("defaults: {on: true}", "unknown key, expected one of enabled, without"),
        ("defaults: {enabled: true, without: 1}", "defaults.without: found 1, expected a list"),
        ("defaults: {enabled: true}\nchecks: [a]", "checks: found a list, expected a mapping"),
        ("defaults: {enabled: true}\nchecks: {a: {}}", "2:13: checks.a.source: missing"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, message: str) -> None:
    assert message in error_in(text)


@pytest.mark.parametrize("text", ["defaults: {enabled: true}", f"checks: {{{OWN}}}"])
def test_the_schema_takes_a_file_with_default_checks_or_own_ones(text: str) -> None:
    jsonschema.validate(parse(text, {}).value, schema())


@pytest.mark.parametrize("text", ["defaults: {enabled: false}", "listen: []"])
def test_the_schema_refuses_a_file_with_neither(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match="'checks' is a required property"):
        jsonschema.validate(parse(text, {}).value, schema())
