from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from netwatch.compat.ping_exporter import PingExporterSink
from netwatch.endpoint import Endpoint
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.store import Store
from netwatch.model import Check, Outcome, Target
from tests.exposition.oracle import parse
from tests.nouns import a_batch, a_check
from tests.programs import Scrape

OK, TIMEOUT, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.LOCAL
SENT = "external_ping_packets_sent_total"
NODE_LABELS = {"destination_node": "kube-a-3", "destination_node_ip_address": "10.0.0.3"}
EXTERNAL_LABELS = {"destination_name": "wiki", "destination_host": "wiki.example"}

REFERENCE = {
    "kube_node_ping_exceptions_total": ("counter", set()),
    **{
        f"{prefix}_{name}": (kind, set(labels))
        for prefix, labels in (("kube_node_ping", NODE_LABELS), ("external_ping", EXTERNAL_LABELS))
        for name, kind in (
            ("packets_sent_total", "counter"),
            ("packets_received_total", "counter"),
            ("rtt_milliseconds_total", "counter"),
            ("rtt_min", "gauge"),
            ("rtt_max", "gauge"),
            ("rtt_mdev", "gauge"),
        )
    },
}
"""The ping-exporter's families: type and label names."""


class Served:
    """A sink that shows the checks `small` and `large`, in this order."""

    def __init__(self) -> None:
        self.sink = PingExporterSink()
        self.small, self.large = a_check("small"), a_check("large")
        self.store = Store(CollectorRegistry())
        for table in self.sink.tables:
            self.store.add(table)
        self.sink.show(["small", "large"])

    def join(self, check: Check | None = None, address: str = "192.0.2.1") -> Target:
        endpoint = Endpoint(name="wiki", host="wiki.example", address=address)
        return self._join(Target(check or self.small, endpoint))

    def join_node(self) -> Target:
        endpoint = Endpoint(name="kube-a-3", host="10.0.0.3", address="10.0.0.3", is_node=True)
        return self._join(Target(self.small, endpoint))

    def join_for_a_turn(self) -> Target:
        endpoint = Endpoint(name="kube-a-4", host="10.0.0.4", address="10.0.0.4", is_node=True)
        return self._join(Target(self.small, endpoint, is_rotating=True))

    def _join(self, target: Target) -> Target:
        self.sink.join(target)
        return target

    @property
    def text(self) -> str:
        return b"".join(self.store.render(Dialect.TEXT)).decode()

    @property
    def scrape(self) -> Scrape:
        return Scrape(self.text)


@pytest.fixture
def served() -> Served:
    return Served()


def test_names_types_and_labels_are_those_of_the_ping_exporter(served: Served) -> None:
    for target in (served.join_node(), served.join()):
        served.sink.take(a_batch(target, OK))
    found = {
        sample.name: (family.type, set(sample.labels))
        for family in parse(served.text, Dialect.TEXT)
        for sample in family.samples
    }
    assert found == REFERENCE
    assert all(served.scrape.find(name, **NODE_LABELS) for name in found if "node_ping_rtt" in name)
    assert all(served.scrape.find(name, **EXTERNAL_LABELS) for name in found if "external" in name)


def test_round_trip_times_are_milliseconds(served: Served) -> None:
    target = served.join_node()
    for duration in (0.001, 0.003):
        served.sink.take(a_batch(target, OK, duration=duration))
    scrape = served.scrape
    figures = ("min", "max", "mdev", "milliseconds_total")
    found = [scrape.value(f"kube_node_ping_rtt_{name}") for name in figures]
    assert found == pytest.approx([1, 3, 1, 4])


def test_minimum_maximum_and_deviation_forget_what_is_30_packets_old(served: Served) -> None:
    target = served.join()
    served.sink.take(a_batch(target, OK, duration=0.5))
    served.sink.take(a_batch(target, *[OK] * 30))
    assert served.scrape.value("external_ping_rtt_max") == pytest.approx(1)
    assert served.scrape.value("external_ping_rtt_milliseconds_total") == pytest.approx(530)


def test_figures_are_0_where_nothing_comes_back_and_absent_before_the_first_packet(
    served: Served,
) -> None:
    target = served.join()
    assert not served.scrape.find("external_ping_rtt_min")
    served.sink.take(a_batch(target, TIMEOUT))
    for name in ("min", "max", "mdev"):
        (sample,) = served.scrape.find(f"external_ping_rtt_{name}")
        assert sample.value == 0
    assert served.scrape.value(SENT) == 1
    assert served.scrape.value("external_ping_packets_received_total") == 0


def test_our_own_faults_are_the_exceptions(served: Served) -> None:
    target = served.join()
    served.sink.take(a_batch(target, LOCAL, OK))
    assert served.scrape.value("kube_node_ping_exceptions_total") == 1


def test_of_two_checks_that_ping_the_same_the_first_in_the_configuration_is_shown(
    served: Served,
) -> None:
    large = served.join(served.large)
    small = served.join(served.small)
    served.sink.take(a_batch(large, OK, OK))
    served.sink.take(a_batch(small, OK))
    assert [sample.value for sample in served.scrape.find(SENT)] == [1]
    served.sink.leave(small)
    assert [sample.value for sample in served.scrape.find(SENT)] == [0]
    served.sink.take(a_batch(large, OK))
    assert [sample.value for sample in served.scrape.find(SENT)] == [1]
    served.sink.leave(large)
    assert not served.scrape.find(SENT)


def test_of_two_addresses_of_one_name_the_first_is_shown(served: Served) -> None:
    first, second = served.join(address="192.0.2.1"), served.join(address="2001:db8::1")
    served.sink.take(a_batch(first, OK))
    served.sink.take(a_batch(second, OK, OK))
    assert [sample.value for sample in served.scrape.find(SENT)] == [1]


def test_a_new_order_of_checks_changes_which_one_is_shown(served: Served) -> None:
    served.join(served.small)
    large = served.join(served.large)
    served.sink.show(["large", "small"])
    served.sink.take(a_batch(large, OK))
    assert [sample.value for sample in served.scrape.find(SENT)] == [1]


def test_it_can_be_switched_off_and_on_while_targets_stay(served: Served) -> None:
    target = served.join()
    served.sink.show([])
    served.sink.take(a_batch(target, OK))
    assert served.text == ""
    served.sink.show(["small"])
    assert [sample.value for sample in served.scrape.find(SENT)] == [0]


def test_a_target_that_becomes_a_node_moves_to_the_series_of_nodes(served: Served) -> None:
    target = served.join()
    target.endpoint = replace(target.endpoint, is_node=True)
    served.sink.change(target)
    scrape = served.scrape
    assert not scrape.find(SENT)
    assert scrape.find("kube_node_ping_packets_sent_total", destination_node="wiki")


def test_a_target_with_other_labels_counts_on(served: Served) -> None:
    target = served.join()
    served.sink.take(a_batch(target, OK))
    target.endpoint = replace(target.endpoint, labels=(("team", "docs"),))
    served.sink.change(target)
    assert served.scrape.value(SENT) == 1


def test_other_probes_do_not_count(served: Served) -> None:
    served.join(a_check("small", probe="http"))
    assert not served.scrape.find(SENT)


def test_results_wait_while_a_scrape_is_rendered(served: Served) -> None:
    target = served.join()
    with served.sink.held():
        served.sink.take(a_batch(target, OK))
        assert served.scrape.value(SENT) == 0
    assert served.scrape.value(SENT) == 1


def test_a_node_in_its_turn_has_no_series(served: Served) -> None:
    target = served.join_for_a_turn()
    served.sink.take(a_batch(target, Outcome.OK))
    served.sink.change(target)
    assert "kube-a-4" not in served.text
    served.sink.leave(target)
