from collections import Counter

from bench.loss import ERRORS, LOST, RECEIVED, SENT, UNSENT, figures


def test_what_overflowed_is_local_and_not_lost() -> None:
    counted = Counter({SENT: 600_000, RECEIVED: 597_000, LOST: 0, ERRORS: 3000, UNSENT: 2})
    assert figures(600_100, counted) == [
        *("600,100", "600,000", "597,000", "0"),
        *("3,000 (0.50%)", "2"),
    ]


def test_nothing_settled_is_no_share() -> None:
    assert figures(0, Counter())[-2:] == ["0 (0.00%)", "0"]
