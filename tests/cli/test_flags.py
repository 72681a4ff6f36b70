import argparse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.cli.flags import flags_of, said_in, validated
from netwatch.probe import AttemptOptions
from netwatch.probes import PROBES
from tests.knocking import KnockOptions, ToneOptions

FLAGS = flags_of(KnockOptions)


def read(*arguments: str) -> KnockOptions:
    return validated(KnockOptions, said(*arguments))


def said(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    for flag in FLAGS:
        flag.add_to(parser)
    return said_in(parser.parse_args(arguments), FLAGS)


def test_every_option_has_its_flag() -> None:
    assert [flag.name for flag in FLAGS] == [
        "--interval",
        "--timeout",
        "--histogram",
        "--expect",
        "--answer",
        "--polite",
        "--times",
        "--codes",
        "--words",
        "--names",
        "--tone",
        "--tone.pitch",
        "--tone.voice-name",
        "--door.pitch",
        "--door.voice-name",
    ]


def test_what_is_not_said_has_its_default() -> None:
    assert said() == {}
    assert read() == KnockOptions()


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ("--interval 2s", {"interval": 2.0}),
        ("--expect fail", {"expect": "fail"}),
        ("--answer 200", {"answer": "200"}),
        ("--polite", {"polite": True}),
        ("--no-polite", {"polite": False}),
        ("--times 3", {"times": 3}),
        ("--codes 200 --codes 2xx", {"codes": [200, "2xx"]}),
        ("--words 1 --words true", {"words": ["1", "true"]}),
        ("--names a=b --names c=d=e", {"names": {"a": "b", "c": "d=e"}}),
        ("--tone", {"tone": ToneOptions()}),
        ("--tone --tone.pitch 220", {"tone": ToneOptions(pitch=220)}),
        ("--tone.voice-name alto", {"tone": ToneOptions(voice_name="alto")}),
        ("--door.pitch 7", {"door": ToneOptions(pitch=7)}),
    ],
)
def test_a_flag_is_read_as_its_option_wants(arguments: str, values: dict[str, Any]) -> None:
    assert read(*arguments.split()) == KnockOptions().model_copy(update=values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--interval 5", '--interval: "5" has no unit, expected a duration'),
        ("--times many", '--times: found "many", expected a whole number'),
        ("--times [", "--times: "),
        ("--expect nothing", '--expect: found "nothing", expected success or fail'),
        ("--names a", "--names: found 'a', expected NAME=VALUE"),
        ("--door.pitch high", '--door.pitch: found "high", expected a whole number'),
        ("--times x --interval 5", "--interval: .*; --times: "),
    ],
)
def test_a_bad_value_names_its_flag(arguments: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(*arguments.split())


def test_an_item_of_a_list_that_is_wrong_names_the_flag_of_the_list() -> None:
    with pytest.raises(ValueError, match=r"^--codes: found 1\.5"):
        read("--codes", "1.5")


def test_an_option_may_be_told_by_another_name() -> None:
    with pytest.raises(ValueError, match=r"^--often: "):
        validated(KnockOptions, {"times": "x"}, {"times": "--often"})


@given(st.lists(st.sampled_from(FLAGS)), st.text(st.characters(exclude_characters="-")))
def test_whatever_is_said_is_an_option_or_names_its_flag(flags: list[Any], text: str) -> None:
    arguments = [
        part
        for flag in flags
        for part in ((flag.name,) if flag.form in ("switch", "group") else (flag.name, f"a{text}"))
    ]
    try:
        read(*arguments)
    except ValueError as error:
        assert str(error).startswith("--")  # noqa: PT017  # either is right


def test_help_says_what_the_option_is_for_and_its_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = argparse.ArgumentParser()
    for flag in FLAGS:
        flag.add_to(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert "--interval DURATION Time between two knocks. (default 15s)" in out
    assert "--answer TEXT The line that is expected; 100% of it." in out
    assert "--times N How many lines to wait for. (default 1)" in out
    assert "--polite, --no-polite Say please first." in out
    assert "--names NAME=TEXT Who is who." in out
    assert "--expect success|fail" in out


@pytest.mark.parametrize("name", PROBES)
def test_the_flags_of_every_probe_can_be_registered(name: str) -> None:
    options = PROBES[name]
    if issubclass(options, AttemptOptions):
        parser = argparse.ArgumentParser()
        for flag in flags_of(options):
            flag.add_to(parser)
            assert flag.help, flag.name
