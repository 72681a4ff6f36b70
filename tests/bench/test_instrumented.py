from pathlib import Path

from bench.accuracy import Measured
from bench.instrumented import Recorder, answered, read
from netwatch.model import Outcome
from tests.nouns import a_batch, a_target


def test_what_is_recorded_can_be_read_again(tmp_path: Path) -> None:
    recorder = Recorder()
    batch = a_batch(a_target(), Outcome.OK, Outcome.TIMEOUT, started=100.25, duration=0.0015)
    recorder.take(batch)
    recorder.write(tmp_path / "answers.csv")
    rows = read(tmp_path / "answers.csv")
    assert [(row.address, row.started, row.outcome) for row in rows] == [
        ("10.0.0.7", 100.25, "ok"),
        ("10.0.0.7", 101.25, "timeout"),
    ]
    assert list(answered(rows)) == [Measured("10.0.0.7", 100.25, 0.0015)]
