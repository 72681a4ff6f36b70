import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from netwatch.attempt import Values
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.store import Store
from netwatch.model import Batch, Check, Oddity, Outcome, Status, Target, Transition
from netwatch.sinks.durations import MOST_OWN
from netwatch.sinks.prometheus import PrometheusSink
from tests.knocking import PROBES_WITH_KNOCK
from tests.nouns import a_batch, a_check, a_result, a_target

OK, TIMEOUT, REFUSED, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.LOCAL
SENT, RECEIVED, LOST = (
    f"netwatch_icmp_packets_{name}_total" for name in ("sent", "received", "lost")
)
ERRORS, UNSENT = "netwatch_icmp_errors_total", "netwatch_icmp_unsent_total"
RTT_COUNT, STATE, UP = (
    "netwatch_icmp_rtt_seconds_count",
    "netwatch_target_state",
    "netwatch_target_up",
)


class Scrape:
    """The samples of one scrape, as Prometheus would read them."""

    def __init__(self, text: bytes) -> None:
        self.samples = [
            sample
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        ]

    def of(self, name: str, **labels: str) -> dict[str, float]:
        """Return the values of a family by target (or zone, reason, state where that differs)."""
        found = {}
        for sample in self.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                key = sample.labels.get("reason") or sample.labels.get("state")
                found[key or sample.labels.get("target") or sample.labels.get("zone", "")] = (
                    sample.value
                )
        return found

    def value(self, name: str, **labels: str) -> float | None:
        values = list(self.of(name, **labels).values())
        assert len(values) <= 1
        return values[0] if values else None

    def names(self, **labels: str) -> set[str]:
        return {s.name for s in self.samples if labels.items() <= s.labels.items()}

    def equation_holds(self) -> bool:
        errors: dict[str, float] = {}
        for sample in self.samples:
            if sample.name == ERRORS:
                target = sample.labels["target"] or sample.labels["zone"]
                errors[target] = errors.get(target, 0) + sample.value
        return all(
            sent == self.of(RECEIVED)[target] + self.of(LOST)[target] + errors.get(target, 0)
            for target, sent in self.of(SENT).items()
        )


class Served:
    """A sink with one check, and the store that renders it."""

    def __init__(self, check: Check | None = None) -> None:
        self.sink = PrometheusSink(PROBES_WITH_KNOCK)
        self.check = check or a_check()
        self.store = Store(CollectorRegistry())
        for table in self.sink.tables:
            self.store.add(table)
        self.sink.begin(self.check)

    def join(self, name: str = "wiki", zone: str = "") -> Target:
        target = a_target(name, check=self.check, zone=zone)
        self.sink.join(target)
        return target

    def join_for_a_turn(self, name: str, zone: str = "") -> Target:
        endpoint = a_target(name, zone=zone).endpoint
        target = Target(self.check, endpoint, is_rotating=True)
        self.sink.join(target)
        return target

    def scrape(self) -> Scrape:
        return Scrape(b"".join(self.store.render(Dialect.TEXT)))

    def note(self, target: Target, after: Status) -> None:
        self.sink.note(Transition(target, Status.NEW, after, 0.0, 0.0, ""))


@pytest.fixture
def served() -> Served:
    return Served()


# What there is


def test_counters_of_a_new_target_are_zero_from_its_first_scrape_on(served: Served) -> None:
    served.join()
    scrape = served.scrape()
    oddities = ("late", "duplicates", "corrupt", "reordered")
    for name in (SENT, RECEIVED, LOST, *(f"netwatch_icmp_{name}_total" for name in oddities)):
        assert scrape.of(name) == {"wiki": 0}
    assert scrape.value(RTT_COUNT) == 0
    assert scrape.of("netwatch_icmp_rtt_min_seconds") == {}
    assert scrape.of("netwatch_icmp_hop_limit") == {}


def test_all_series_of_a_target_share_five_labels_and_have_its_own(served: Served) -> None:
    target = served.join(zone="a")
    target.endpoint = replace(target.endpoint, labels=(("team", "docs"),))
    served.sink.change(target)
    served.sink.take(a_batch(target, OK, TIMEOUT, REFUSED))
    shared = {
        "check": "nodes",
        "probe": "icmp",
        "target": "wiki",
        "address": "10.0.0.7",
        "zone": "a",
        "team": "docs",
    }
    ours = [s for s in served.scrape().samples if s.labels.get("target") == "wiki"]
    assert len(ours) > 20
    for sample in ours:
        extra = sample.labels.keys() - shared.keys()
        assert shared.items() <= sample.labels.items()
        assert extra <= {"le", "reason", "state"}


def test_a_target_says_on_which_node_it_runs_where_that_is_known(served: Served) -> None:
    nowhere, pod = served.join("nowhere"), served.join("pod")
    pod.endpoint = replace(pod.endpoint, node="kube-1")
    found = [s for s in served.scrape().samples if s.name == "netwatch_target_node"]
    assert [(s.labels["target"], s.labels["target_node"], s.value) for s in found] == [
        ("pod", "kube-1", 1)
    ]
    served.sink.leave(pod)
    served.sink.leave(nowhere)
    assert not served.scrape().of("netwatch_target_node")


def test_a_check_tells_its_interval_and_timeout(served: Served) -> None:
    scrape = served.scrape()
    assert scrape.value("netwatch_check_interval_seconds", check="nodes", probe="icmp") == 1
    assert scrape.value("netwatch_check_timeout_seconds", check="nodes", probe="icmp") == 1
    served.sink.end(served.check)
    assert served.scrape().samples == []


# What is counted


def test_packets_are_counted_by_how_they_ended(served: Served) -> None:
    target = served.join()
    served.sink.take(a_batch(target, OK, OK, OK, TIMEOUT, TIMEOUT, REFUSED, LOCAL))
    served.sink.take(a_batch(target, Outcome.BLOCKED, accepted=False))
    scrape = served.scrape()
    assert [scrape.value(name) for name in (SENT, RECEIVED, LOST)] == [7, 3, 2]
    assert scrape.of(ERRORS) == {"refused": 1, "local": 1}
    assert scrape.of(UNSENT) == {"blocked": 1}
    assert scrape.value("netwatch_icmp_hop_limit") == 64
    assert scrape.equation_holds()


def test_durations_are_of_replies_alone(served: Served) -> None:
    target = served.join()
    served.sink.take(a_batch(target, OK, TIMEOUT, REFUSED, duration=0.002))
    scrape = served.scrape()
    assert scrape.value(RTT_COUNT) == 1
    assert scrape.value("netwatch_icmp_rtt_seconds_sum") == pytest.approx(0.002)
    for figure in ("min", "max", "mean"):
        assert scrape.value(f"netwatch_icmp_rtt_{figure}_seconds") == pytest.approx(0.002)
    assert scrape.value("netwatch_icmp_rtt_stddev_seconds") == 0


@pytest.mark.parametrize(
    ("oddity", "name"),
    [
        (Oddity.LATE, "late"),
        (Oddity.DUPLICATE, "duplicates"),
        (Oddity.CORRUPT, "corrupt"),
        (Oddity.REORDERED, "reordered"),
    ],
)
def test_oddities_are_counted(served: Served, oddity: Oddity, name: str) -> None:
    target = served.join()
    served.sink.take(Batch(oddities=[(target, oddity)] * 2))
    assert served.scrape().value(f"netwatch_icmp_{name}_total") == 2


# State


def test_up_is_absent_until_it_is_known(served: Served) -> None:
    target = served.join()
    assert served.scrape().of(UP) == {}
    assert served.scrape().of(STATE) == {"new": 1}
    for status, up in ((Status.UP, 1), (Status.DEGRADED, 1), (Status.DOWN, 0)):
        served.note(target, status)
        assert served.scrape().of(UP) == {"wiki": up}
        assert served.scrape().of(STATE) == {status: 1}


def test_a_target_that_leaves_is_shown_as_such_and_its_counters_go_on(served: Served) -> None:
    target = served.join()
    served.note(target, Status.UP)
    target.endpoint = replace(target.endpoint, state="leaving")
    served.sink.change(target)
    served.sink.take(a_batch(target, TIMEOUT))
    scrape = served.scrape()
    assert scrape.of(UP) == {}
    assert scrape.of(STATE) == {"leaving": 1}
    assert scrape.of(LOST) == {"wiki": 1}
    target.endpoint = replace(target.endpoint, state="cordoned")
    served.sink.change(target)
    assert served.scrape().of(STATE) == {"up": 1}


# Coming and going


def test_all_series_of_a_target_that_left_are_gone(served: Served) -> None:
    gone, _ = served.join("gone"), served.join("stays")
    served.sink.take(a_batch(gone, OK, TIMEOUT, REFUSED))
    served.sink.leave(gone)
    scrape = served.scrape()
    assert scrape.names(target="gone") == set()
    assert scrape.of(SENT) == {"stays": 0}
    served.sink.take(a_batch(gone, OK))  # settled before, told after
    served.sink.take(Batch(oddities=[(gone, Oddity.LATE)]))
    served.note(gone, Status.UP)
    assert served.scrape().names(target="gone") == set()


def test_a_target_that_comes_back_starts_from_zero(served: Served) -> None:
    target = served.join()
    served.sink.take(a_batch(target, OK))
    served.sink.leave(target)
    served.join()
    assert served.scrape().of(SENT) == {"wiki": 0}


def test_a_relabelled_target_keeps_its_counters_and_its_state(served: Served) -> None:
    target = served.join(zone="a")
    served.sink.take(a_batch(target, OK, TIMEOUT))
    served.note(target, Status.UP)
    target.endpoint = replace(target.endpoint, zone="b", labels=(("team", "docs"),))
    served.sink.change(target)
    served.sink.take(a_batch(target, OK))
    scrape = served.scrape()
    assert scrape.of(SENT, zone="b", team="docs") == {"wiki": 3}
    assert scrape.of(UP, zone="b", team="docs") == {"wiki": 1}
    assert scrape.value(RTT_COUNT, zone="b") == 2
    assert scrape.names(zone="a") == set()


def test_above_thirty_targets_durations_are_per_zone_and_no_count_is_lost(served: Served) -> None:
    targets = [served.join(f"kube-{n}", zone="ab"[n % 2]) for n in range(MOST_OWN)]
    for target in targets:
        served.sink.take(a_batch(target, OK))
    assert len(served.scrape().of(RTT_COUNT)) == MOST_OWN
    served.sink.take(a_batch(served.join("one more", zone="a"), OK))
    scrape = served.scrape()
    half = MOST_OWN // 2
    assert scrape.of(RTT_COUNT, target="", address="") == {"a": half + 1, "b": half}
    assert len(scrape.of(RTT_COUNT)) == 2
    assert len(scrape.of(SENT)) == MOST_OWN + 1


# While a scrape is rendered


def test_results_wait_while_a_render_is_held_and_are_counted_after(served: Served) -> None:
    target = served.join()
    with served.sink.held():
        served.sink.take(a_batch(target, OK))
        served.sink.take(Batch(oddities=[(target, Oddity.LATE)]))
        served.note(target, Status.UP)
        served.note(target, Status.DOWN)
        during = served.scrape()
    assert (during.value(SENT), during.of(STATE)) == (0, {"new": 1})
    after = served.scrape()
    assert (after.value(SENT), after.value("netwatch_icmp_late_total")) == (1, 1)
    assert after.of(STATE) == {"down": 1}


def test_results_wait_for_the_last_of_two_renders(served: Served) -> None:
    target = served.join()
    with served.sink.held():
        with served.sink.held():
            served.sink.take(a_batch(target, OK))
        assert served.scrape().value(SENT) == 0
    assert served.scrape().value(SENT) == 1


def test_results_are_counted_though_a_render_failed(served: Served) -> None:
    target = served.join()
    with contextlib.suppress(ConnectionError), served.sink.held():
        served.sink.take(a_batch(target, OK))
        raise ConnectionError
    assert served.scrape().value(SENT) == 1


def test_a_target_that_left_while_results_wait_is_no_trouble(served: Served) -> None:
    target = served.join()
    with served.sink.held():
        served.sink.take(a_batch(target, OK))
        served.sink.leave(target)
    assert served.scrape().of(SENT) == {}


OUTCOMES = st.lists(st.sampled_from([OK, TIMEOUT, REFUSED, LOCAL]), min_size=1, max_size=3)


@settings(max_examples=20, deadline=None)
@given(OUTCOMES)
def test_the_equation_holds_in_a_scrape_though_packets_settle_between_its_slices(
    outcomes: list[Outcome],
) -> None:
    served = Served()
    targets = [served.join(f"kube-{number}") for number in range(100)]
    slices = []
    with served.sink.held():
        for text in served.store.render(Dialect.TEXT):
            slices.append(text)
            for target in targets:
                served.sink.take(a_batch(target, *outcomes))
    assert len(slices) > 3
    scrape = Scrape(b"".join(slices))
    assert scrape.equation_holds()
    assert set(scrape.of(SENT).values()) == {0}
    after = served.scrape()
    assert after.equation_holds()
    assert set(after.of(SENT).values()) == {len(outcomes) * len(slices)}


# Attempts


ATTEMPTS, SUCCESSES, FAILURES = (
    f"netwatch_probe_{name}_total" for name in ("attempts", "successes", "failures")
)
DURATION_COUNT = "netwatch_probe_duration_seconds_count"


def knocking(**options: object) -> Served:
    return Served(a_check("web", probe="knock", **options))


def test_attempts_and_successes_of_a_new_target_are_zero_from_its_first_scrape_on() -> None:
    served = knocking()
    served.join()
    scrape = served.scrape()
    assert (scrape.of(ATTEMPTS), scrape.of(SUCCESSES)) == ({"wiki": 0}, {"wiki": 0})
    assert scrape.of(FAILURES) == {}
    assert scrape.value(DURATION_COUNT) == 0
    assert not any(name.startswith("netwatch_icmp") for name in scrape.names())


def test_attempts_are_counted_with_their_reasons_phases_and_latest_values() -> None:
    served = knocking()
    target = served.join(zone="a")
    for outcome in (OK, TIMEOUT, TIMEOUT, LOCAL):
        served.sink.observe(a_result(outcome, target=target))
    values: Values = {"bytes": 6, "lines": 2, "voice": {"alto": 1}}
    for _ in range(2):
        phases = {"connect": 0.25}
        served.sink.observe(a_result(target=target, phases=phases, values=values))
    scrape = served.scrape()
    assert (scrape.value(ATTEMPTS), scrape.value(SUCCESSES)) == (6, 3)
    assert scrape.of(FAILURES) == {"timeout": 2, "local": 1}
    assert scrape.value(DURATION_COUNT, target="wiki", zone="a") == 3
    assert scrape.value("netwatch_probe_phase_seconds_sum", phase="connect") == 0.5
    assert scrape.value("netwatch_probe_phase_seconds_count", phase="connect") == 2
    assert scrape.value("netwatch_knock_bytes", check="web", zone="a") == 6
    assert scrape.value("netwatch_knock_lines_total") == 4
    assert scrape.value("netwatch_knock_voice", voice="alto") == 1


def test_a_failed_attempt_has_no_value_and_not_the_one_before() -> None:
    served = knocking()
    target = served.join()
    served.sink.observe(a_result(target=target, values={"bytes": 6}))
    served.sink.observe(a_result(TIMEOUT, target=target))
    assert served.scrape().of("netwatch_knock_bytes") == {}


def test_the_state_of_a_target_of_attempts_is_shown() -> None:
    served = knocking()
    target = served.join()
    served.note(target, Status.DOWN)
    assert served.scrape().value(UP) == 0


def test_a_target_of_attempts_that_changed_has_its_new_labels_everywhere() -> None:
    served = knocking()
    target = served.join()
    served.sink.observe(a_result(target=target, values={"bytes": 6}))
    target.endpoint = replace(target.endpoint, zone="b")
    served.sink.change(target)
    ours = [s for s in served.scrape().samples if "target" in s.labels]
    assert {"netwatch_knock_bytes", ATTEMPTS, STATE} <= {sample.name for sample in ours}
    assert {sample.labels["zone"] for sample in ours} == {"b"}


def test_a_target_of_attempts_that_left_is_gone_and_its_last_result_too() -> None:
    served = knocking()
    target = served.join()
    with served.sink.held():
        served.sink.observe(a_result(target=target))
        served.sink.note(Transition(target, Status.NEW, Status.UP, 0.0, 0.0, ""))
        served.sink.leave(target)
    served.sink.end(served.check)
    assert served.scrape().samples == []


def test_results_wait_while_a_scrape_is_rendered() -> None:
    served = knocking()
    target = served.join()
    with served.sink.held():
        served.sink.observe(a_result(target=target))
        assert served.scrape().value(ATTEMPTS) == 0
    assert served.scrape().value(ATTEMPTS) == 1


@pytest.mark.parametrize("scope", ["zone", "off"])
def test_durations_of_attempts_are_shared_as_those_of_pings(scope: str) -> None:
    served = knocking(histogram=scope)
    for name in ("a", "b"):
        served.sink.observe(a_result(target=served.join(name, zone="z")))
    expected = {"zone": {"": 2}, "off": {}}
    scrape = served.scrape()
    shown = [s for s in scrape.samples if s.name == DURATION_COUNT]
    assert {sample.labels["target"]: sample.value for sample in shown} == expected[scope]
    assert scrape.of(ATTEMPTS) == {"a": 1, "b": 1}


# Turns


def test_targets_in_their_turn_have_no_series_but_those_of_their_zone(served: Served) -> None:
    for name in ("kube-1", "kube-2"):
        target = served.join_for_a_turn(name, zone="a")
        served.sink.take(a_batch(target, OK, TIMEOUT, REFUSED))
        served.sink.leave(target)
    scrape = served.scrape()
    zones = [s for s in scrape.samples if "target" in s.labels]
    assert {(s.labels["target"], s.labels["address"], s.labels["zone"]) for s in zones} == {
        ("", "", "a")
    }
    assert (scrape.value(SENT), scrape.value(LOST), scrape.value(RTT_COUNT)) == (6, 2, 2)
    assert scrape.of(ERRORS) == {"refused": 2}
    assert scrape.equation_holds()
    assert not {UP, STATE, "netwatch_icmp_rtt_mean_seconds"} & scrape.names()


@pytest.mark.parametrize("scope", ["target", "zone", "auto"])
def test_targets_in_their_turn_do_not_disturb_the_series_of_others(scope: str) -> None:
    served = Served(a_check(histogram=scope))
    own, rotating = served.join("kube-1", zone="a"), served.join_for_a_turn("kube-2", zone="a")
    batch = a_batch(own, OK)
    batch.add(rotating, 0.0, OK, duration=0.001)
    served.sink.take(batch)
    scrape = served.scrape()
    assert scrape.of(SENT) == {"kube-1": 1, "a": 1}
    counts = [sample.value for sample in scrape.samples if sample.name == RTT_COUNT]
    assert sum(counts) == 2
    series = [(s.name, tuple(sorted(s.labels.items()))) for s in scrape.samples]
    assert len(series) == len(set(series))


def test_counters_of_a_zone_go_on_from_turn_to_turn_and_end_with_the_check(served: Served) -> None:
    for turn in range(1, 4):
        target = served.join_for_a_turn(f"kube-{turn}", zone="a")
        served.sink.take(a_batch(target, OK))
        served.sink.leave(target)
        assert served.scrape().value(SENT) == turn
    served.sink.end(served.check)
    assert served.scrape().samples == []


def test_a_target_that_moves_in_its_turn_counts_for_its_new_zone(served: Served) -> None:
    target = served.join_for_a_turn("kube-1", zone="a")
    served.sink.take(a_batch(target, OK))
    target.endpoint = replace(target.endpoint, zone="b")
    served.sink.change(target)
    served.sink.take(a_batch(target, OK, OK))
    assert served.scrape().of(SENT) == {"a": 1, "b": 2}


def test_attempts_in_a_turn_are_summed_up_and_their_latest_values_not_shown() -> None:
    served = knocking()
    for name in ("kube-1", "kube-2"):
        target = served.join_for_a_turn(name, zone="a")
        values: Values = {"bytes": 6, "lines": 2}
        served.sink.observe(a_result(target=target, phases={"connect": 0.25}, values=values))
        served.sink.observe(a_result(REFUSED, target=target))
        served.sink.leave(target)
    scrape = served.scrape()
    assert (scrape.of(ATTEMPTS), scrape.of(SUCCESSES)) == ({"a": 4}, {"a": 2})
    assert scrape.value(DURATION_COUNT) == 2
    assert scrape.value("netwatch_probe_phase_seconds_sum", phase="connect") == 0.5
    assert scrape.value("netwatch_knock_lines_total") == 4
    assert scrape.of("netwatch_knock_bytes") == {}
