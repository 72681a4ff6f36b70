import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import fping
from tests.namespaces import Namespace

OUTPUT = """\
[1792066412.81406] 10.129.0.1   : [0], 64 bytes, 0.545 ms (0.545 avg, 0% loss)
[1792066412.81506] 10.129.0.100 : [0], 64 bytes, 2.03 ms (2.03 avg, 0% loss)
[1792066413.81506] 10.129.0.7   : [1], timed out (NaN avg, 100% loss)

10.129.0.1   : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.545/0.545/0.545
[1792066412.81406] 10.129.0.1   : [0], 64 by"""


def test_each_answer_is_read_with_the_moment_of_its_request() -> None:
    found = list(fping.answers(OUTPUT.splitlines()))
    assert [one.destination for one in found] == ["10.129.0.1", "10.129.0.100"]
    assert [one.rtt_seconds for one in found] == pytest.approx([0.000545, 0.00203])
    started = [1792066412.813515, 1792066412.81303]
    assert [one.started for one in found] == pytest.approx(started, rel=0, abs=1e-6)


@given(st.text())
def test_whatever_else_it_prints_is_left_out(text: str) -> None:
    assert list(fping.answers(f"[x{text}".splitlines())) == []


@pytest.mark.parametrize(("count", "pause"), [(900, "1"), (901, "0.1")])
def test_all_requests_fit_into_a_second(tmp_path: Path, count: int, pause: str) -> None:
    command = fping.command(tmp_path, [f"10.129.{n // 250}.{n % 250}" for n in range(count)])
    assert command[command.index("-i") + 1] == pause
    assert len((tmp_path / "fping.targets").read_text().split()) == count


@pytest.mark.netns
@pytest.mark.skipif(shutil.which("fping") is None, reason="fping is not installed")
def test_what_fping_prints_is_understood(netns: Callable[[str], Namespace], tmp_path: Path) -> None:
    command = list(fping.command(tmp_path, ["127.0.0.1", "127.0.0.2"], quiet=False))
    command[command.index("-c") + 1] = "1"
    with netns("host"):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = list(fping.answers(done.stdout.splitlines()))
    assert {one.destination for one in found} == {"127.0.0.1", "127.0.0.2"}
    assert all(0 < one.rtt_seconds < 1 for one in found)
