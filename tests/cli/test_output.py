import json

import pytest

from netwatch.cli.output import FORMATS, Output, default_format
from netwatch.model import Outcome, Result, Target
from netwatch.probes import PROBES
from tests.knocking import PROBES_WITH_KNOCK
from tests.nouns import a_batch, a_check, a_result, a_target
from tests.programs import Scrape


def shown(form: str, *targets: Target, by_check: bool = False) -> None:
    """Show a run in which every target answered twice and then did not."""
    output = Output(form, PROBES, by_check=by_check)
    with output:
        for sink in output.sinks:
            for check in dict.fromkeys(target.check for target in targets):
                sink.begin(check)
            for target in targets:
                sink.join(target)
        for target in targets:
            for sink in output.sinks:
                sink.take(a_batch(target, Outcome.OK, Outcome.OK, Outcome.TIMEOUT))
    output.finish()


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    del capsys  # which is no terminal
    assert default_format() == "json"


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_terminal_sees_no_progress(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Output(form, PROBES, by_check=False).show is None
    shown(form, a_target())
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_but_json_lines_is_printed_before_the_end(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output, target = Output(form, PROBES, by_check=False), a_target()
    with output:
        for sink in output.sinks:
            sink.begin(target.check)
            sink.join(target)
            sink.take(a_batch(target, Outcome.OK))
        assert bool(capsys.readouterr().out) is (form == "jsonl")


def test_the_table_is_followed_by_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    shown("table", a_target("wiki"))
    head, row, sentence = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["target", "sent", "recv", "loss"]
    assert row.split()[:5] == ["wiki", "(10.0.0.7)", "3", "2", "33"]
    assert sentence == "wiki (10.0.0.7) loses packets."


def test_checks_are_named_where_there_may_be_many_and_the_sentence_comes_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown("table", a_target("wiki"), a_target("mail", "10.0.0.8"), by_check=True)
    sentence, gap, _, wiki, mail = capsys.readouterr().out.splitlines()
    assert (sentence, gap) == ("2 of 2 targets lose packets.", "")
    assert wiki.startswith(" nodes: wiki (10.0.0.7) ")
    assert mail.startswith(" nodes: mail (10.0.0.8) ")


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    shown("json", a_target("wiki"))
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["ok"]) == ("netwatch.probe/1", False)
    (target,) = document["targets"]
    assert (target["sent"], target["received"], target["lost"]) == (3, 2, 1)
    assert target["loss_ratio"] == pytest.approx(1 / 3)


def test_json_lines_end_with_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    shown("json", a_target("wiki"))
    document = json.loads(capsys.readouterr().out)
    shown("jsonl", a_target("wiki"))
    *results, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert summary == document
    assert [result["outcome"] for result in results] == ["ok", "ok", "timeout"]
    assert [result["duration_seconds"] for result in results] == [0.001, 0.001, None]


def test_prometheus_text_has_the_labels_of_the_target(capsys: pytest.CaptureFixture[str]) -> None:
    shown("prometheus", a_target("wiki", zone="a"), a_target("gate", check=a_check("edge")))
    scrape = Scrape(capsys.readouterr().out)
    lost = "netwatch_icmp_packets_lost_total"
    assert scrape.value(lost, check="nodes", target="wiki", zone="a", address="10.0.0.7") == 1
    assert scrape.value(lost, check="edge", target="gate") == 1


# Attempts


def attempted(*results: Result, by_check: bool = False, pinged: bool = False) -> None:
    output = Output("table", PROBES_WITH_KNOCK, by_check=by_check)
    with output:
        for sink in output.sinks:
            if pinged:
                sink.join(target := a_target("gateway"))
                sink.take(a_batch(target, Outcome.OK))
            for target in dict.fromkeys(result.target for result in results):
                sink.join(target)
            for result in results:
                sink.observe(result)
    output.finish()


def test_a_single_attempt_is_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    attempted(a_result(values={"bytes": 200}))
    assert capsys.readouterr().out.splitlines() == [
        " wiki (10.0.0.7)",
        "   outcome  ok",
        "   total    500.000ms",
        "   bytes    200",
        "wiki (10.0.0.7) is well.",
    ]


def test_more_than_one_attempt_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    first = a_result()
    attempted(first, a_result(target=first.target))
    head, row, _ = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["target", "attempts"]
    assert row.split()[2] == "2"


def test_pings_and_attempts_have_a_table_each(capsys: pytest.CaptureFixture[str]) -> None:
    attempted(a_result(), by_check=True, pinged=True)
    sentence, _, pings, gateway, _, attempts, wiki = capsys.readouterr().out.splitlines()
    assert sentence == "All 2 targets are well."
    assert (pings.split()[1], attempts.split()[1]) == ("sent", "attempts")
    assert gateway.startswith(" nodes: gateway ")
    assert wiki.startswith(" web: wiki ")
