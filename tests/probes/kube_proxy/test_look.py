import pytest

from netwatch.model import Outcome
from tests.http_server import OK
from tests.probes.kube_proxy.proxy import (
    DELETING,
    IPTABLES,
    NFTABLES,
    NOT_FOUND,
    OLD_HEALTHZ,
    OLD_METRICS,
    a_kube_proxy,
    page,
    without_servers,
)

QUEUED = 'last_queued_timestamp_seconds{ip_family="IPv6"} 1.7952290740141997e+09'
STALLED = IPTABLES.replace(QUEUED, QUEUED.replace("740141", "750141"))
UNHEALTHY = (
    '{"currentTime":"2026-11-21T02:44:10Z","healthy":false,'
    '"status":{"IPv4":{"lastUpdated":"2026-11-21T02:42:00Z","healthy":false}}}'
)


async def test_one_that_is_well_tells_all_of_it() -> None:
    async with a_kube_proxy() as proxy:
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["health", "metrics", "mode"]
    assert result.values == {
        "kube_proxy_state": {"healthy": 1},
        "kube_proxy_metrics_up": 1,
        "kube_proxy_healthy": 1,
        "kube_proxy_node_eligible": 1,
        "kube_proxy_sync_pending": {"IPv4": 0, "IPv6": 0},
        "kube_proxy_sync_failures": {},
        "kube_proxy_pending_changes": {"endpoint": 0, "service": 0},
        "kube_proxy_restarts": 0,
        "kube_proxy_mode": {"iptables": 1},
        "kube_proxy_version": {"0.0.0": 1},
    }


async def test_its_own_families_are_passed_on_with_its_job() -> None:
    async with a_kube_proxy() as proxy:
        passage = (await proxy.look()).passage
    assert passage is not None
    names = {family.name for family in passage.families}
    assert {"kubeproxy_sync_proxy_rules_duration_seconds", "rest_client_requests_total"} <= names
    assert all(name.startswith(("kubeproxy_", "rest_client_")) for name in names)
    text = b"".join(part for family in passage.families for part in family.text)
    assert all(b'job="kube-proxy"' in line for line in text.splitlines())


async def test_the_mode_is_one_that_is_known_or_other() -> None:
    async with a_kube_proxy() as proxy:
        proxy.say(NFTABLES, mode="nftables\n")
        assert (await proxy.look()).values["kube_proxy_mode"] == {"nftables": 1}
        proxy.say(mode="of my own making")
        assert (await proxy.look()).values["kube_proxy_mode"] == {"other": 1}
        proxy.metrics.pages["/proxyMode"] = NOT_FOUND
        assert "kube_proxy_mode" not in (await proxy.look()).values


async def test_version_1_21_is_understood() -> None:
    async with a_kube_proxy() as proxy:
        proxy.say(OLD_METRICS)
        proxy.health.pages = {"/livez": NOT_FOUND, "/healthz": page(OLD_HEALTHZ)}
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert result.values["kube_proxy_sync_pending"] == {"all": 0}
    assert result.values["kube_proxy_sync_failures"] == {"restore": 0}
    assert result.values["kube_proxy_version"] == {"1.21.14": 1}
    assert "kube_proxy_node_eligible" not in result.values


async def test_a_node_that_is_deleted_is_draining_and_that_is_well() -> None:
    async with a_kube_proxy() as proxy:
        proxy.health.pages["/healthz"] = DELETING
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert result.values["kube_proxy_state"] == {"draining": 1}
    assert (result.values["kube_proxy_healthy"], result.values["kube_proxy_node_eligible"]) == (
        1,
        0,
    )


async def test_one_that_calls_itself_unhealthy_is_not_well_and_is_still_shown() -> None:
    async with a_kube_proxy() as proxy:
        proxy.health.pages["/livez"] = page(UNHEALTHY, 503)
        result = await proxy.look()
    assert result.outcome is Outcome.MISMATCH
    assert result.detail == "it calls itself unhealthy: no update for 130 s (IPv4)"
    assert result.values["kube_proxy_state"] == {"unhealthy": 1}
    assert result.values["kube_proxy_healthy"] == 0
    assert result.passage is not None


async def test_a_sync_that_does_not_come_is_seen_although_all_is_green() -> None:
    async with a_kube_proxy(max_sync_pending="1m") as proxy:
        proxy.say(STALLED)
        assert (await proxy.look()).outcome is Outcome.OK
        proxy.now = 45
        result = await proxy.look()
        assert result.outcome is Outcome.OK
        assert result.values["kube_proxy_sync_pending"] == {"IPv4": 0, "IPv6": 45}
        proxy.now = 61
        result = await proxy.look()
        assert result.outcome is Outcome.MISMATCH
        assert result.detail == "no sync comes: waiting for 61 s (IPv6)"
        assert result.values["kube_proxy_state"] == {"stalled": 1}
        proxy.say()
        assert (await proxy.look()).outcome is Outcome.OK


async def test_failures_and_restarts_are_those_since_the_last_look() -> None:
    restarted = OLD_METRICS.replace("failures_total 2", "failures_total 1")
    restarted = restarted.replace("start_time_seconds 1.6224e+09", "start_time_seconds 1.6225e+09")
    async with a_kube_proxy() as proxy:
        found = []
        for text in (
            OLD_METRICS,
            OLD_METRICS.replace("failures_total 2", "failures_total 5"),
            restarted,
        ):
            proxy.say(text)
            values = (await proxy.look()).values
            found.append((values["kube_proxy_sync_failures"], values["kube_proxy_restarts"]))
    assert found == [({"restore": 0}, 0), ({"restore": 3}, 0), ({"restore": 1}, 1)]


async def test_where_nobody_ever_listened_it_is_absent_and_nobody_is_to_blame() -> None:
    async with a_kube_proxy() as proxy:
        without_servers(proxy)
        result = await proxy.look()
    assert result.outcome is Outcome.ABSENT
    assert result.values == {"kube_proxy_state": {"absent": 1}}
    assert "nobody has ever listened" in result.detail


async def test_one_that_must_exist_is_down_from_the_start() -> None:
    async with a_kube_proxy(must_exist=True) as proxy:
        without_servers(proxy)
        assert (await proxy.look()).outcome is Outcome.REFUSED


async def test_nobody_where_somebody_listened_is_down() -> None:
    async with a_kube_proxy() as proxy:
        assert (await proxy.look()).outcome is Outcome.OK
        seen = proxy.memory
    async with a_kube_proxy(metrics_port=proxy.metrics.port, health_port=proxy.health.port) as gone:
        gone.memory = seen
        result = await gone.look()
    assert result.outcome is Outcome.REFUSED
    assert str(proxy.health.port) in result.detail
    assert result.passage is None


async def test_where_a_node_has_only_ipv6_its_metrics_are_found_and_a_stalled_sync_is_seen() -> (
    None
):
    async with a_kube_proxy(metrics_address="::1") as proxy:
        proxy.say(STALLED)
        assert (await proxy.look()).values["kube_proxy_metrics_up"] == 1
        proxy.now = 61
        result = await proxy.look()
    assert result.values["kube_proxy_state"] == {"stalled": 1}
    assert result.passage is not None


async def test_metrics_that_are_elsewhere_are_told_to_be_missing_and_its_health_is_well() -> None:
    async with a_kube_proxy() as proxy:
        without_servers(proxy, health=False)
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert result.values["kube_proxy_state"] == {"healthy": 1}
    assert result.values["kube_proxy_metrics_up"] == 0
    assert "kube_proxy_sync_pending" not in result.values


async def test_a_health_that_was_never_there_is_not_missed_beside_metrics() -> None:
    async with a_kube_proxy() as proxy:
        without_servers(proxy, metrics=False)
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert result.values["kube_proxy_metrics_up"] == 1
    assert "kube_proxy_state" not in result.values


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [(200, Outcome.OK, "healthy"), (503, Outcome.MISMATCH, "unhealthy")],
)
async def test_whoever_replaces_it_and_answers_in_its_form_is_as_well_as_it_says(
    status: int, outcome: Outcome, state: str
) -> None:
    # Cilium with kube-proxy-replacement-healthz-bind-address: no /livez, no metrics of the kind.
    async with a_kube_proxy() as proxy:
        without_servers(proxy, health=False)
        proxy.health.pages = {"/livez": NOT_FOUND, "/healthz": page(OLD_HEALTHZ, status)}
        result = await proxy.look()
        assert result.outcome is outcome
        assert result.values["kube_proxy_state"] == {state: 1}
        assert result.values["kube_proxy_metrics_up"] == 0
        proxy.options = proxy.options.model_copy(update={"metrics_port": 0})
        assert "kube_proxy_metrics_up" not in (await proxy.look()).values


async def test_a_port_of_0_is_not_asked() -> None:
    async with a_kube_proxy(health_port=0) as proxy:
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert proxy.health.requests == []
    assert "kube_proxy_state" not in result.values


@pytest.mark.parametrize("garbage", [OK, page(""), page("<html>"), page("", 500)])
async def test_garbage_in_place_of_metrics_is_a_failure_and_health_is_told(garbage: bytes) -> None:
    async with a_kube_proxy() as proxy:
        proxy.metrics.pages["/metrics"] = garbage
        result = await proxy.look()
    assert result.outcome in {Outcome.PROTOCOL, Outcome.MISMATCH}
    assert result.detail.endswith("(metrics)")
    assert result.values["kube_proxy_healthy"] == 1
    assert result.passage is None


async def test_a_page_that_lacks_what_is_asked_for_leaves_it_unknown() -> None:
    async with a_kube_proxy() as proxy:
        proxy.say("a 1\n")
        result = await proxy.look()
    assert result.outcome is Outcome.OK
    assert result.values["kube_proxy_sync_pending"] == {}
    assert result.values["kube_proxy_pending_changes"] == {}
    assert "kube_proxy_version" not in result.values
