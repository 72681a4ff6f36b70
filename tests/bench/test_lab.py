from pathlib import Path

from bench.lab import Lab, addresses


def test_addresses_go_on_beyond_the_last_byte() -> None:
    assert addresses(2, "10.129.0.255") == ["10.129.0.255", "10.129.1.0"]
    assert len(set(addresses(10_000))) == 10_000


def test_a_quick_lab_takes_what_is_quick(tmp_path: Path) -> None:
    assert Lab(tmp_path, quick=True).choose(60, 5) == 5
    assert Lab(tmp_path, quick=False).choose(60, 5) == 60
    assert [Lab(tmp_path, quick=quick, rounds=7).rounds for quick in (True, False)] == [1, 7]
