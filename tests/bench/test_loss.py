from collections import Counter

from bench.loss import ERRORS, LOST, RECEIVED, SENT, UNSENT, figures
from tests.bench.truth import a_record


def test_what_overflowed_is_local_and_not_lost() -> None:
    counted = Counter({SENT: 600_000, RECEIVED: 597_000, LOST: 0, ERRORS: 3000, UNSENT: 2})
    truth = [a_record("10.129.0.1", 100.0, 0.001)] * 4 + [a_record("10.129.0.2", 100.0, 1.5)]
    assert figures(truth, counted) == [
        *("5", "4"),
        *("600,000", "597,000", "0", "3,000 (0.50%)", "2"),
    ]


def test_nothing_settled_is_no_share() -> None:
    assert figures([], Counter())[-2:] == ["0 (0.00%)", "0"]
