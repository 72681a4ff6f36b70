import json
from collections.abc import Callable
from pathlib import Path

import pytest

from netwatch.cli.main import main
from tests.dnsmasq import dnsmasq
from tests.namespaces import Namespace
from tests.programs import run_netwatch, with_file

TWO_CHECKS = """\
checks:
  first:
    source: {static: [127.0.0.1, {name: wiki, host: 127.0.0.2}]}
    probe: {icmp: {interval: 20ms}}
  second:
    source: {static: ["::1"]}
    probe: {icmp: {interval: 20ms}}
"""

may_ping = pytest.mark.usefixtures("may_ping")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "netwatch.yaml"
    path.write_text(TWO_CHECKS)
    return path


def written(file: Path, source: str) -> Path:
    file.write_text(f"checks: {{only: {{source: {source}, probe: {{icmp: }}}}}}\n")
    return file


@may_ping
def test_the_sentence_comes_first_then_each_target_with_its_check(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--config", str(file), "-c", "2", "-o", "table"]) == 0
    out, err = capsys.readouterr()
    sentence, gap, head, *rows = out.splitlines()
    assert (sentence, gap, err) == ("All 3 targets answer.", "", "")
    assert head.split()[:3] == ["target", "sent", "recv"]
    names = [" first: 127.0.0.1 ", " first: wiki (127.0.0.2) ", " second: ::1 "]
    assert all(row.startswith(name) for row, name in zip(rows, names, strict=True))


@may_ping
def test_checks_can_be_chosen_by_name(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "--config", str(file), "second", "-c", "1"]) == 0
    targets = json.loads(capsys.readouterr().out)["targets"]
    assert [(target["check"], target["address"]) for target in targets] == [("second", "::1")]


def test_an_unknown_check_is_told_the_known_ones(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--config", str(file), "first", "thrid"]) == 2
    expected = (
        "no check is called 'thrid', expected one of first, second; "
        "without a configuration it is `netwatch probe icmp TARGET`\n"
    )
    assert capsys.readouterr() == ("", expected)


def test_a_bad_configuration_is_refused_with_its_place(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{TWO_CHECKS}listen: 5\n")
    assert main(["probe", "--config", str(file)]) == 2
    assert capsys.readouterr() == ("", f"{file}:8:9: listen: found 5, expected a list\n")


@may_ping
def test_a_source_that_fails_is_named_with_its_check_and_stops_no_other(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = tmp_path / "targets.yaml"
    file.write_text(
        f"{TWO_CHECKS}  third: {{source: {{file: {{path: {targets}}}}}, probe: {{icmp: }}}}\n"
    )
    assert main(["probe", "--config", str(file), "-c", "1", "-o", "table"]) == 2
    out, err = capsys.readouterr()
    assert err == f"third: {targets}: No such file or directory\n"
    assert out.startswith("All 3 targets answer.")


@may_ping
def test_a_configuration_that_names_no_target_is_not_well(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "targets.yaml").write_text("[]")
    written(file, f"{{file: {{path: {tmp_path / 'targets.yaml'}}}}}")
    assert main(["probe", "--config", str(file)]) == 2
    out, err = capsys.readouterr()
    assert err == "only: its source names no target\n"
    document = json.loads(out)
    assert (document["ok"], document["targets"]) == (False, [])
    assert document["verdict"] == "There is nothing to probe: no source names a target."
    assert main(["probe", "--config", str(file), "-o", "table"]) == 2
    assert capsys.readouterr().out.startswith(document["verdict"])


@pytest.mark.netns
def test_without_a_configuration_it_looks_at_what_its_node_depends_on(
    netns: Callable[[str], Namespace], tmp_path: Path
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    prefix = with_file("/etc/resolv.conf", tmp_path / "resolv.conf")
    with netns("alone"), dnsmasq(address="127.0.0.53", port=53):
        done = run_netwatch("probe", "-c", "1", "-o", "table", prefix=prefix)
    assert (done.returncode, done.stderr) == (0, "")
    sentence, _, _, ping, _, _, query = done.stdout.splitlines()
    assert sentence == "All 2 targets are well."
    assert ping.startswith(" local: resolver-127.0.0.53 (127.0.0.53) ")
    assert query.startswith(" local-dns: resolver-127.0.0.53 (127.0.0.53) ")


@pytest.mark.netns
def test_a_node_that_depends_on_nobody_is_well(
    netns: Callable[[str], Namespace], tmp_path: Path
) -> None:
    (tmp_path / "resolv.conf").write_text("")
    prefix = with_file("/etc/resolv.conf", tmp_path / "resolv.conf")
    with netns("alone"):
        done = run_netwatch("probe", "-c", "1", "-o", "table", prefix=prefix)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("All 2 targets answer.\n")


@may_ping
def test_json_is_not_ok_where_a_check_could_not_run(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "targets.yaml"
    third = f"  third: {{source: {{file: {{path: {missing}}}}}, probe: {{icmp: }}}}\n"
    file.write_text(TWO_CHECKS + third)
    assert main(["probe", "--config", str(file), "-c", "1", "-o", "json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert document["complaints"] == [f"third: {missing}: No such file or directory"]
