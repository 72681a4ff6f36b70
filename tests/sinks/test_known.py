from netwatch.model import Status, Target, Transition
from netwatch.sinks.known import KnownAddresses
from tests.nouns import a_batch, a_check, a_target


def test_an_address_is_known_while_a_target_has_it() -> None:
    known, check = KnownAddresses(), a_check()
    one, other = a_target("wiki", "10.0.0.7"), a_target("db", "10.0.0.8")
    known.begin(check)
    known.join(one)
    known.join(other)
    assert ("10.0.0.7" in known, "10.0.0.8" in known, "10.0.0.9" in known) == (True, True, False)
    known.leave(one)
    assert ("10.0.0.7" in known, "10.0.0.8" in known) == (False, True)


def test_an_address_of_two_targets_is_known_until_both_have_left() -> None:
    known = KnownAddresses()
    ping, http = a_target(check=a_check("ping")), a_target(check=a_check("http"))
    known.join(ping)
    known.join(http)
    known.leave(ping)
    assert "10.0.0.7" in known
    known.leave(http)
    assert "10.0.0.7" not in known


def test_a_target_without_an_address_makes_nobody_known() -> None:
    known, target = KnownAddresses(), a_target(address="")
    known.join(target)
    assert "" not in known
    known.leave(target)
    assert "" not in known


def test_what_is_measured_changes_nothing() -> None:
    known, target = KnownAddresses(), a_target()
    known.join(target)
    known.take(a_batch(target))
    known.note(Transition(target, Status.NEW, Status.DOWN, 0.0, 0.0, ""))
    known.change(Target(target.check, target.endpoint))
    assert "10.0.0.7" in known
