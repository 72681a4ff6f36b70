"""What the expressions that dashboards share make of series, by promtool's arithmetic."""

from dashboards.grafana.timeline import States
from dashboards.promql import Scope, coded, gone, loss, or_zero, since, success
from tests.dashboards.promtool import Promtool

ALL = Scope(())
SENT = 'netwatch_icmp_packets_sent_total{node="a"}'
RECEIVED = 'netwatch_icmp_packets_received_total{node="a"}'
LOCAL = 'netwatch_icmp_errors_total{node="a",reason="local"}'
UNREACHABLE = 'netwatch_icmp_errors_total{node="a",reason="unreachable"}'
A_HUNDRED_A_MINUTE = "0+100x10"


def test_loss_is_the_share_of_the_sent_that_did_not_come_back(promtool: Promtool) -> None:
    series = {SENT: A_HUNDRED_A_MINUTE, RECEIVED: "0+75x10"}
    assert promtool.says(loss(ALL, "node"), series, ('{node="a"}', 0.25)) == ""


def test_our_own_errors_are_no_loss(promtool: Promtool) -> None:
    series = {SENT: A_HUNDRED_A_MINUTE, RECEIVED: "0+75x10", LOCAL: "0+25x10"}
    assert promtool.says(loss(ALL, "node"), series, ('{node="a"}', 0)) == ""


def test_the_first_errors_of_a_kind_are_lost_at_once(promtool: Promtool) -> None:
    """Their counter is not there before, so that its rate is 0."""
    series = {SENT: A_HUNDRED_A_MINUTE, RECEIVED: "0+100x9 900", UNREACHABLE: "_x10 100"}
    assert promtool.says(loss(ALL, "node"), series, ('{node="a"}', 0.2)) == ""


def test_where_nothing_was_sent_nothing_was_lost(promtool: Promtool) -> None:
    assert promtool.says(loss(ALL, "node"), {SENT: "0x10", RECEIVED: "0x10"}) == ""


def test_success_is_the_share_of_attempts_that_end_well(promtool: Promtool) -> None:
    series = {
        'netwatch_probe_attempts_total{check="web"}': A_HUNDRED_A_MINUTE,
        'netwatch_probe_successes_total{check="web"}': "0+50x10",
    }
    assert promtool.says(success(ALL, "check"), series, ('{check="web"}', 0.5)) == ""


def test_the_worst_state_counts(promtool: Promtool) -> None:
    states = States({"up": "green", "down": "red"})
    series = {
        'netwatch_target_state{node="a",target="x",state="up"}': "1x10",
        'netwatch_target_state{node="a",target="y",state="down"}': "1x10",
    }
    expression = coded(states, ALL, "netwatch_target_state", "node")
    assert promtool.says(expression, series, ('{node="a"}', 1)) == ""


def test_nothing_to_count_is_zero_and_no_gap(promtool: Promtool) -> None:
    assert promtool.says(or_zero("count(gone)"), {SENT: "1x10"}, ("{}", 0)) == ""


def test_what_is_down_has_been_so_since_the_last_time_that_it_was_not(promtool: Promtool) -> None:
    series = {'up{node="a"}': "1x5 0x10", 'up{node="b"}': "0 1 0x20"}
    expected = ('{node="a"}', 5 * 60.0), ('{node="b"}', 9 * 60.0)
    assert promtool.says(since("min by (node) (up)"), series, *expected) == ""


def test_what_was_down_in_all_the_time_shown_has_been_so_since_its_beginning(
    promtool: Promtool,
) -> None:
    series = {'up{node="a"}': "0x20", 'up{node="new"}': "_x7 0x10"}
    expected = ('{node="a"}', 10 * 60.0), ('{node="new"}', 3 * 60.0)
    assert promtool.says(since("min by (node) (up)"), series, *expected) == ""


def test_agents_are_gone_that_were_there_in_the_time_shown(promtool: Promtool) -> None:
    series = {
        'build{node="here"}': "1x20",
        'build{node="gone"}': "1x3 stale",
        'build{node="restarted", instance="old"}': "1x3 stale",
        'build{node="restarted", instance="new"}': "_x5 1x10",
    }
    assert promtool.says(gone("build"), series, ("{}", 1)) == ""


def test_what_promtool_expects_is_not_whatever_it_finds(promtool: Promtool) -> None:
    assert promtool.says("vector(1)", {SENT: "1x10"}, ("{}", 2)) != ""
