"""What is broken in each story of docs/incidents.md, by its heading."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tests.dnsmasq import dnsmasq
from tests.incidents.cluster import Cluster
from tests.incidents.kube_proxy import a_kube_proxy_that_hangs
from tests.namespaces import Namespace

DNS_SERVICE = "10.96.0.10"
NAME, ADDRESS = "kubernetes.default.svc.cluster.local", "10.96.0.1"

Breakage = Callable[[Cluster], AbstractContextManager[None]]


@contextmanager
def nothing(cluster: Cluster) -> Iterator[None]:
    """All is well."""
    del cluster
    yield


@contextmanager
def dead_node(cluster: Cluster) -> Iterator[None]:
    """The kernel of node-3 hangs: it takes nothing and says nothing."""
    for hook in ("input", "output"):
        cluster.nodes["node-3"].nft(f"add rule inet t {hook} drop")
    yield


@contextmanager
def lossy_link(cluster: Cluster) -> Iterator[None]:
    """The cable of node-2 loses every fifth request, in both directions."""
    for way in ("iifname", "oifname"):
        cluster.zones["zone-a"].nft(
            f"add rule inet t forward {way} to-node-2 icmp type echo-request "
            "numgen inc mod 5 == 4 drop"
        )
    yield


@contextmanager
def zone_cut(cluster: Cluster) -> Iterator[None]:
    """The routers have withdrawn their routes to each other's zone.

    As a rule of nft(8), since the kernel sends only a few errors of a missing route to one sender.
    """
    for zone, other in (("zone-a", "zone-b"), ("zone-b", "zone-a")):
        cluster.zones[zone].nft(
            f"add rule inet t forward oifname to-{other} reject with icmp type net-unreachable"
        )
    yield


@contextmanager
def small_mtu(cluster: Cluster) -> Iterator[None]:
    """What is between the zones takes 1,400 bytes, and nobody is told."""
    for zone, other in (("zone-a", "zone-b"), ("zone-b", "zone-a")):
        cluster.zones[zone].ip(f"link set to-{other} mtu 1400")
        cluster.zones[zone].nft("add rule inet t output icmp type destination-unreachable drop")
    yield


@contextmanager
def dns_server_down(cluster: Cluster) -> Iterator[None]:
    """Of two name servers one takes questions and gives no answer; the hosts are well."""
    (cluster.folder / "resolv.conf").write_text(
        "nameserver 10.9.2.1\nnameserver 10.9.4.1\noptions timeout:1\n"
    )
    with _name_servers(cluster.nodes["node-2"], cluster.nodes["node-4"]):
        cluster.nodes["node-2"].nft(
            "add rule inet t input meta l4proto {tcp, udp} th dport 53 drop"
        )
        yield


@contextmanager
def kube_proxy_stuck(cluster: Cluster) -> Iterator[None]:
    """DNS has moved from node-3 to node-4, and the kube-proxy of node-1 writes no more rules."""
    with _name_servers(cluster.nodes["node-4"]):
        for node, endpoint in (("node-1", "10.9.3.1"), ("node-2", "10.9.4.1")):
            cluster.nodes[node].nft(
                "add table ip kube-proxy; add chain ip kube-proxy services "
                "{ type nat hook output priority -100; }; add rule ip kube-proxy services "
                f"ip daddr {DNS_SERVICE} tcp dport 53 dnat to {endpoint}"
            )
        with a_kube_proxy_that_hangs(cluster.nodes["node-1"]):
            yield


@contextmanager
def _name_servers(*nodes: Namespace) -> Iterator[None]:
    with ExitStack() as running:
        for node in nodes:
            listen = f"--listen-address=10.9.{node.name.removeprefix('node-')}.1"
            with node:
                knows = (f"--address=/{NAME}/{ADDRESS}", f"--local=/{NAME}/")
                running.enter_context(dnsmasq(listen, *knows, port=53))
        yield


BREAKAGES: dict[str, Breakage] = {
    "The cluster": nothing,
    "A dead node": dead_node,
    "A lossy link": lossy_link,
    "A zone cut off": zone_cut,
    "An MTU that is too small": small_mtu,
    "A DNS server that is down": dns_server_down,
    "A kube-proxy that is stuck": kube_proxy_stuck,
}
