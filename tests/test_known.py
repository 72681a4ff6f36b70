from netwatch.known import KnownAddresses
from tests.nouns import a_check


def test_an_address_is_known_while_a_check_names_it() -> None:
    known, check = KnownAddresses(), a_check()
    known.know(check, ["10.0.0.7", "10.0.0.8"])
    assert ("10.0.0.7" in known, "10.0.0.8" in known, "10.0.0.9" in known) == (True, True, False)
    known.know(check, ["10.0.0.8"])
    assert ("10.0.0.7" in known, "10.0.0.8" in known) == (False, True)


def test_an_address_of_two_checks_is_known_until_both_are_over() -> None:
    known = KnownAddresses()
    ping, http = a_check("ping"), a_check("http")
    known.know(ping, ["10.0.0.7"])
    known.know(http, ["10.0.0.7"])
    known.forget(ping)
    assert "10.0.0.7" in known
    known.forget(http)
    assert "10.0.0.7" not in known


def test_a_target_without_an_address_makes_nobody_known() -> None:
    known = KnownAddresses()
    known.know(a_check(), [""])
    assert "" not in known


def test_a_check_that_never_named_anything_can_be_forgotten() -> None:
    known = KnownAddresses()
    known.forget(a_check())
    assert "10.0.0.7" not in known
