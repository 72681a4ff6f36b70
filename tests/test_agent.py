import re
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch import __version__
from tests.dnsmasq import dnsmasq
from tests.namespaces import Namespace, connect
from tests.programs import (
    StartAgent,
    fetch,
    run_netwatch,
    with_file,
)

RECEIVED = "netwatch_icmp_packets_received_total"
RELOADED = "netwatch_config_last_reload_successful"

LOOPBACK = "checks: {here: {source: {static: [127.0.0.1]}, probe: {icmp: {interval: 50ms}}}}"

TWO_CHECKS = """\
checks:
  kept:
    source: {static: [127.0.0.1]}
    probe: {icmp: {interval: 50ms}}
  changed:
    source: {static: [127.0.0.2]}
    probe: {icmp: {interval: 50ms}}
"""

WITHOUT_NET_RAW = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")

netns_test = pytest.mark.netns


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


# The default configuration


@netns_test
def test_without_a_configuration_it_probes_the_gateways_and_name_servers_of_its_node(
    netns: Callable[[str], Namespace], start_agent: StartAgent, tmp_path: Path
) -> None:
    node, router = netns("node"), netns("router")
    connect(node, router)
    router.ip("address add fe80::1/64 dev to-node nodad")
    router.ip("address add 192.0.2.53/32 dev lo")
    node.ip("route add default via 10.9.1.2")
    node.ip("route add default via fe80::1 dev to-router")
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver 192.0.2.53\n")
    with ExitStack() as stack:
        with router:
            stack.enter_context(dnsmasq(address="192.0.2.53", port=53))
        stack.enter_context(node)
        agent = start_agent(listen=(), prefix=with_file("/etc/resolv.conf", resolv_conf))
        assert agent.address == ("127.0.0.1", 9847)
        agent.wait_for_packets(target="gateway-to-router", address="10.9.1.2")
        agent.wait_for_packets(target="gateway-to-router", address="fe80::1%to-router")
        agent.wait_for_packets(target="resolver-192.0.2.53", address="192.0.2.53")
        found = agent.scrape().find("netwatch_icmp_packets_sent_total", check="local")
        assert len(found) == 3
        for address in ("10.9.1.2", "fe80::1%to-router"):
            agent.wait_for_packets(check="local-large", address=address)
        # It knows no root and says so, which is an answer.
        agent.wait_for_count("netwatch_dns_rcode", rcode="REFUSED", address="192.0.2.53")
        agent.wait_for_count("netwatch_probe_successes_total", check="local-dns")
        agent.stop()


@netns_test
def test_a_gateway_that_large_packets_do_not_reach_loses_them_alone(
    netns: Callable[[str], Namespace], start_agent: StartAgent, tmp_path: Path
) -> None:
    node, router = netns("node"), netns("router")
    connect(node, router)
    router.nft("add rule inet t input meta length > 1300 drop")
    node.ip("route add default via 10.9.1.2")
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("")
    with node:
        agent = start_agent(listen=(), prefix=with_file("/etc/resolv.conf", resolv_conf))
        agent.wait_for_count("netwatch_icmp_packets_lost_total", check="local-large")
        agent.wait_for_packets(check="local", address="10.9.1.2")
        assert agent.scrape().value("netwatch_icmp_packets_lost_total", check="local") == 0
        agent.stop()


@netns_test
def test_a_node_with_neither_gateways_nor_name_servers_pings_itself_and_says_where_to_look(
    netns: Callable[[str], Namespace], start_agent: StartAgent, tmp_path: Path
) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("")
    with netns("alone"):
        agent = start_agent(listen=(), prefix=with_file("/etc/resolv.conf", resolv_conf))
        agent.wait_for_packets(target="loopback", address="127.0.0.1")
        agent.wait_for_packets(target="loopback", address="::1")
        assert "names no target" not in agent.request("/").text
        assert agent.stop() == 0
    said = [line.partition(" INFO ")[2] for line in agent.log.splitlines()]
    start = said.index(f"netwatch {__version__} runs the default configuration")
    assert said[start + 1] == ("look at http://127.0.0.1:9847/ and http://127.0.0.1:9847/metrics")
    assert said[-1] == "stopped"
    assert agent.complaints == []


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_it_wrote_nothing_but_its_log(
    start_agent: StartAgent, number: signal.Signals
) -> None:
    agent = start_agent(LOOPBACK)
    agent.wait_for_packets()
    assert agent.stop(number) == 0
    assert agent.complaints == []
    assert agent.log.endswith(" INFO stopped\n")


def test_a_signal_as_soon_as_it_says_where_to_look_ends_it_well(start_agent: StartAgent) -> None:
    agent = start_agent(LOOPBACK)
    assert agent.stop() == 0


@netns_test
def test_a_name_server_that_never_answers_does_not_hold_up_its_end(
    netns: Callable[[str], Namespace], start_agent: StartAgent, tmp_path: Path
) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver 127.0.0.1\noptions timeout:30\n")
    names = "wiki.example, mail.example, intranet.example"
    with netns("alone"), socket.socket(type=socket.SOCK_DGRAM) as black_hole:
        black_hole.bind(("127.0.0.1", 53))
        agent = start_agent(
            f"checks: {{web: {{source: {{static: [127.0.0.1, {names}]}}, probe: {{icmp: }}}}}}",
            prefix=with_file("/etc/resolv.conf", resolv_conf),
        )
        agent.wait_for_packets(target="127.0.0.1")
        agent.wait_for_count("netwatch_source_targets", 3, check="web", state="unresolved")
        assert agent.stop() == 0
    assert agent.complaints == []


def test_clients_that_hang_on_metrics_hold_up_neither_others_nor_the_counters_nor_its_end(
    start_agent: StartAgent,
) -> None:
    agent = start_agent(LOOPBACK)
    request = b"GET /metrics HTTP/1.1\r\nHost: netwatch\r\n"
    with agent.connect() as half_asked, agent.connect() as never_reading:
        half_asked.sendall(request)
        never_reading.sendall((request + b"\r\n") * 1000)  # the answers fill every buffer
        before = agent.scrape().value(RECEIVED)
        agent.wait_for_packets(int(before) + 5)
        assert agent.stop() == 0
    assert agent.complaints == []


# Reloading


def test_a_changed_check_begins_anew_while_the_counters_of_the_others_go_on(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    agent = start_agent(TWO_CHECKS)
    agent.wait_for_packets(20, check="changed")
    before = agent.scrape()
    kept, changed = TWO_CHECKS.split("  changed:")
    slower = changed.replace("interval: 50ms", "interval: 1s")
    (tmp_path / "netwatch.yaml").write_text(f"{kept}  changed:{slower}")
    agent.send(signal.SIGHUP)
    agent.wait_for_log(f"reloaded {tmp_path / 'netwatch.yaml'}: changed: changed\n")
    agent.wait_for_packets(check="changed")
    after = agent.scrape()
    assert after.value(RECEIVED, check="kept") >= before.value(RECEIVED, check="kept") > 0
    assert after.value(RECEIVED, check="changed") < before.value(RECEIVED, check="changed")
    assert after.value(RELOADED) == 1
    assert agent.stop() == 0
    assert agent.complaints == []


def test_a_bad_edit_is_refused_with_its_place_until_it_is_mended(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    agent = start_agent(TWO_CHECKS)
    agent.wait_for_packets(check="kept")
    file = tmp_path / "netwatch.yaml"
    file.write_text(TWO_CHECKS.replace("interval: 50ms", "interval: soon", 1))
    before = agent.scrape()
    agent.send(signal.SIGHUP)
    agent.wait_for_log(
        re.escape(
            f'ERROR refused: {file}:4:30: checks.kept.probe.icmp.interval: found "soon", expected '
        )
    )
    assert agent.scrape().value(RELOADED) == 0
    for check in ("kept", "changed"):
        agent.wait_for_packets(before.value(RECEIVED, check=check) + 1, check=check)
    file.write_text(TWO_CHECKS)
    agent.wait_for_log(f"reloaded {file}: no check changed\n")
    after = agent.scrape()
    assert after.value(RELOADED) == 1
    stamp = "netwatch_config_last_reload_success_timestamp_seconds"
    assert after.value(stamp) > before.value(stamp)
    for check in ("kept", "changed"):
        assert after.value(RECEIVED, check=check) > before.value(RECEIVED, check=check)
    assert agent.stop() == 0


def test_an_edit_is_noticed_without_a_signal(start_agent: StartAgent, tmp_path: Path) -> None:
    agent = start_agent(LOOPBACK)
    (tmp_path / "netwatch.yaml").write_text(LOOPBACK.replace("127.0.0.1", "127.0.0.9"))
    agent.wait_for_packets(target="127.0.0.9")
    assert not agent.scrape().find(RECEIVED, target="127.0.0.1")
    agent.wait_for_log("reloaded .*: changed: here\n")


def test_an_update_of_a_mounted_config_map_is_noticed(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    file = mount_config_map(volume, "..1", LOOPBACK)
    agent = start_agent(file)
    agent.wait_for_packets(target="127.0.0.1")
    mount_config_map(volume, "..2", LOOPBACK.replace("127.0.0.1", "127.0.0.9"))
    agent.wait_for_packets(target="127.0.0.9")
    agent.wait_for_log(f"reloaded {file}: changed: here\n")
    assert agent.stop() == 0
    assert agent.complaints == []


def mount_config_map(volume: Path, version: str, text: str) -> Path:
    """Write as the kubelet's AtomicWriter: a new folder, then one rename of the link `..data`."""
    (volume / version).mkdir(parents=True)
    (volume / version / "netwatch.yaml").write_text(text)
    (volume / "..data_tmp").symlink_to(version)
    (volume / "..data_tmp").rename(volume / "..data")
    file = volume / "netwatch.yaml"
    if not file.is_symlink():
        file.symlink_to("..data/netwatch.yaml")
    return file


def test_a_file_that_vanishes_is_said_and_survived(start_agent: StartAgent, tmp_path: Path) -> None:
    agent = start_agent(LOOPBACK)
    agent.wait_for_packets()
    file = tmp_path / "netwatch.yaml"
    file.unlink()
    agent.wait_for_log(f"ERROR refused: {file}: No such file or directory\n")
    before = agent.scrape()
    assert before.value(RELOADED) == 0
    agent.wait_for_packets(before.value(RECEIVED) + 1)
    file.write_text(LOOPBACK)
    agent.wait_for_log(f"reloaded {file}: no check changed\n")
    assert agent.scrape().value(RELOADED) == 1
    assert agent.stop() == 0


def test_a_listen_address_that_a_reload_adds_answers_and_one_that_it_drops_does_not(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    first, second = free_port(), free_port()
    agent = start_agent(f'listen: ["127.0.0.1:{first}"]\n{LOOPBACK}', listen=())
    assert agent.address == ("127.0.0.1", first)
    (tmp_path / "netwatch.yaml").write_text(f'listen: ["127.0.0.1:{second}"]\n{LOOPBACK}')
    agent.send(signal.SIGHUP)
    agent.wait_for_log("reloaded .*: no check changed\n")
    assert fetch(("127.0.0.1", second), "/-/ready").status == 200
    with pytest.raises(ConnectionRefusedError):
        fetch(("127.0.0.1", first), "/-/ready")
    assert agent.stop() == 0
    assert agent.complaints == []


def test_a_reload_that_wants_a_taken_port_leaves_everything_as_it_was(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    port = free_port()
    agent = start_agent(f'listen: ["127.0.0.1:{port}"]\n{LOOPBACK}', listen=())
    agent.wait_for_packets()
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        taken = somebody_else.getsockname()[1]
        (tmp_path / "netwatch.yaml").write_text(
            f'listen: ["127.0.0.1:{free_port()}", "127.0.0.1:{taken}"]\n'
            + LOOPBACK.replace("127.0.0.1", "127.0.0.9")
        )
        agent.send(signal.SIGHUP)
        agent.wait_for_log(
            f"ERROR refused: cannot listen on 127.0.0.1:{taken}: address already in use\n"
        )
    after = agent.scrape()
    assert after.value(RELOADED) == 0
    assert not after.find(RECEIVED, target="127.0.0.9")
    agent.wait_for_packets(after.value(RECEIVED, target="127.0.0.1") + 1, target="127.0.0.1")
    assert agent.stop() == 0


def test_reloading_over_http_is_forbidden_until_the_configuration_allows_it(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    agent = start_agent(LOOPBACK)
    refused = agent.request("/-/reload", method="POST")
    assert refused.status == 403
    assert "reload_endpoint is not switched on" in refused.text
    assert agent.request("/-/reload").status == 405
    (tmp_path / "netwatch.yaml").write_text(f"reload_endpoint: true\n{LOOPBACK}")
    agent.send(signal.SIGHUP)
    agent.wait_for_log("reloaded ")
    assert agent.request("/-/reload", method="POST").status == 202
    agent.wait_for_log("reloaded ", count=2)


# Permissions


@netns_test
def test_whoever_may_not_ping_is_told_both_remedies(netns: Callable[[str], Namespace]) -> None:
    namespace = netns("strict")
    namespace.sysctl("net.ipv4.ping_group_range", "1 0")
    with namespace:
        for arguments in (["agent", "--log-format", "text"], ["probe", "icmp", "127.0.0.1"]):
            done = run_netwatch(*arguments, prefix=WITHOUT_NET_RAW)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.startswith("this process may open no ICMP socket; either give it ")
            assert "NET_RAW" in done.stderr
            assert "sysctl -w net.ipv4.ping_group_range=" in done.stderr
            assert done.stderr.count("\n") == 1


@netns_test
def test_without_net_raw_it_pings_where_its_group_may(
    netns: Callable[[str], Namespace], start_agent: StartAgent
) -> None:
    namespace = netns("lenient")
    namespace.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    text = LOOPBACK.replace("127.0.0.1", '127.0.0.1, "::1"')
    with namespace:
        agent = start_agent(text, prefix=WITHOUT_NET_RAW)
        agent.wait_for_packets(address="127.0.0.1")
        agent.wait_for_packets(address="::1")
        assert agent.stop() == 0
    assert agent.complaints == []
