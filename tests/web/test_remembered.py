from hypothesis import given
from hypothesis import strategies as st

from netwatch.web.remembered import Remembered


def test_an_answer_is_known_for_so_long_and_no_longer() -> None:
    remembered = Remembered[str](30.0, 10)
    remembered.put(b"key", "yes", 100.0)
    assert remembered.get(b"key", 129.9) == "yes"
    assert remembered.get(b"key", 130.0) is None
    assert remembered.get(b"another", 100.0) is None


def test_a_new_answer_takes_the_place_of_the_old_one() -> None:
    remembered = Remembered[str](30.0, 10)
    remembered.put(b"key", "yes", 100.0)
    remembered.put(b"key", "no", 120.0)
    assert remembered.get(b"key", 149.0) == "no"


@given(st.lists(st.binary(max_size=1), max_size=30))
def test_the_latest_so_many_are_known_and_no_others(keys: list[bytes]) -> None:
    remembered = Remembered[bytes](1000.0, 3)
    for now, key in enumerate(keys):
        remembered.put(key, key, now)
    known = {key for key in keys if remembered.get(key, len(keys))}
    latest = list(dict.fromkeys(reversed(keys)))[:3]
    assert known == {key for key in latest if key}
