from netwatch.config import load
from netwatch.defaults import CLUSTER_CONFIG, DEFAULT_CONFIG, default_config
from netwatch.probes.dns import DnsOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.sources.local import LocalOptions
from netwatch.sources.nodes import NodesOptions
from netwatch.sources.services import ServicesOptions


def test_on_a_host_it_pings_what_this_node_depends_on() -> None:
    config = load(default_config({}), "default", {})
    assert list(config.checks) == ["local", "local-large", "local-dns"]
    assert config.checks["local"].source_options == LocalOptions(
        gateways=True, resolvers=True, loopback="fallback"
    )
    assert config.checks["local"].probe_options == IcmpOptions()
    optional = [name for name, check in config.checks.items() if check.optional]
    assert optional == ["local-large", "local-dns"]


def test_a_pod_is_told_by_its_environment() -> None:
    assert default_config({}) == DEFAULT_CONFIG
    assert default_config({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}) == CLUSTER_CONFIG


def test_in_a_pod_all_nodes_are_pinged_small_and_large() -> None:
    checks = load(CLUSTER_CONFIG, "default", {}).checks
    assert checks["nodes"].source_options == checks["nodes-large"].source_options
    large = checks["nodes-large"].probe_options
    assert isinstance(large, IcmpOptions)
    assert (large.size, large.dont_fragment) == (1400, True)


def test_in_a_pod_the_nodes_are_chosen_by_a_label_selector_that_may_be_another() -> None:
    def chosen(environ: dict[str, str]) -> NodesOptions:
        source = load(CLUSTER_CONFIG, "default", environ).checks["nodes"].source_options
        assert isinstance(source, NodesOptions)
        return source

    assert "kubernetes.io/os=linux," in chosen({}).selector
    assert chosen({"NODE_SELECTOR": "pool in (a, b)"}) == NodesOptions(selector="pool in (a, b)")


def test_in_a_pod_dns_and_the_api_server_are_asked_through_their_services_and_directly() -> None:
    checks = load(CLUSTER_CONFIG, "default", {}).checks
    pairs = {name: (check.source_name, check.probe_name) for name, check in checks.items()}
    assert pairs["dns-servers"] == ("endpoints", "dns")
    assert pairs["dns-service"] == ("services", "dns")
    assert pairs["dns-system"] == ("static", "resolve")
    assert pairs["api-servers"] == ("endpoints", "http")
    assert pairs["api-server-service"] == ("services", "http")


def test_in_a_pod_kube_proxy_is_watched_beside_what_it_is_for() -> None:
    checks = load(CLUSTER_CONFIG, "default", {}).checks
    assert checks["service-path"].source_options == ServicesOptions(backends=True)
    assert checks["service-path"].probe_name == "service_path"
    assert checks["kube-proxy"].probe_name == "kube_proxy"


def test_the_domain_of_the_cluster_may_be_another() -> None:
    config = load(CLUSTER_CONFIG, "default", {"CLUSTER_DOMAIN": "k8s.example"})
    probe = config.checks["dns-servers"].probe_options
    assert isinstance(probe, DnsOptions)
    assert probe.query == "kubernetes.default.svc.k8s.example."
