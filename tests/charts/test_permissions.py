"""The agents may read what the sources of their checks need, and nothing else."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from netwatch.defaults import CLUSTER_CONFIG
from netwatch.net.kubernetes.reviews import ACCESS_REVIEWS, TOKEN_REVIEWS
from tests.charts.helm import CHART, Object, Values, objects, of_kind
from tests.charts.matrix import A_CHECK, WITH_TOKENS

READ = ("get", "list", "watch")
NODES = {("", "nodes", verb) for verb in READ}
SLICES = {("discovery.k8s.io", "endpointslices", verb) for verb in READ}
SERVICES = {("", "services", verb) for verb in READ}
PODS = {("", "pods", verb) for verb in READ}

NO_DEFAULTS = {"defaults": {"enabled": False}, "checks": {"wiki": A_CHECK}}


def allowed(role: Object) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def granted(
    values: Values | None = None, chart: Path = CHART
) -> Mapping[str, set[tuple[str, str, str]]]:
    """Return what is allowed by namespace; that of the whole cluster is "*"."""
    among = objects(values, chart=chart)
    roles = [found for found in among if found["kind"] in {"Role", "ClusterRole"}]
    return {role["metadata"].get("namespace", "*"): allowed(role) for role in roles}


def test_the_default_checks_may_read_nodes_and_two_services() -> None:
    both = SERVICES | SLICES
    assert granted() == {"*": NODES, "default": both, "kube-system": both}


def test_the_roles_are_those_of_the_agents_account() -> None:
    among = objects()
    bound = [one for one in among if one["kind"] in {"RoleBinding", "ClusterRoleBinding"}]
    assert len(bound) == 3
    for one in bound:
        assert one["subjects"] == [
            {"kind": "ServiceAccount", "name": "netwatch", "namespace": "netwatch"}
        ]
        assert one["roleRef"]["kind"] == one["kind"].removesuffix("Binding")
    assert list(of_kind("ServiceAccount", among)) == ["netwatch"]


def test_what_a_default_check_may_read_goes_with_it() -> None:
    checks = ["nodes", "nodes-large"]
    assert set(granted({"defaults": {"without": checks}})) == {"default", "kube-system"}
    services = ["dns-service", "api-server-service", "service-path"]
    past_the_services = granted({"defaults": {"without": services}})
    assert past_the_services == {"*": NODES, "default": SLICES, "kube-system": SLICES}


def test_checks_of_fixed_targets_may_read_nothing_and_hold_no_token() -> None:
    assert granted(NO_DEFAULTS) == {}
    agent = of_kind("DaemonSet", objects(NO_DEFAULTS))["netwatch"]["spec"]["template"]["spec"]
    assert agent["automountServiceAccountToken"] is False
    default = of_kind("DaemonSet", objects())["netwatch"]["spec"]["template"]["spec"]
    assert default["automountServiceAccountToken"] is True


def test_a_check_in_the_place_of_a_default_one_takes_its_permissions_away() -> None:
    of_dns = ("dns-servers", "dns-service", "service-path")
    replaced = {"checks": dict.fromkeys(of_dns, A_CHECK)}
    assert set(granted(replaced)) == {"*", "default"}


@pytest.mark.parametrize(
    ("source", "permissions"),
    [
        ({"nodes": None}, {"*": NODES}),
        ({"endpoints": {"namespace": "netwatch", "service": "netwatch"}}, {"netwatch": SLICES}),
        ({"services": {"namespace": "shop"}}, {"shop": SERVICES}),
        ({"services": {}}, {"default": SERVICES, "kube-system": SERVICES}),
        ({"services": {"namespace": "shop", "backends": True}}, {"shop": SERVICES | SLICES}),
        ({"pods": {"namespace": "shop"}}, {"shop": PODS}),
        ({"pods": {}}, {"*": PODS}),
        ({"static": ["10.0.0.7"]}, {}),
    ],
)
def test_a_source_may_read_its_own_resources_where_it_looks_for_them(
    source: Values, permissions: Mapping[str, set[tuple[str, str, str]]], tmp_path: Path
) -> None:
    chart = tmp_path / "netwatch"
    shutil.copytree(CHART, chart)
    (chart / "values.schema.json").unlink()  # it has the sources of this version alone
    checks = {"a": {"source": source, "probe": {"icmp": {}}}}
    assert granted({"defaults": {"enabled": False}, "checks": checks}, chart) == permissions


def test_scrapers_are_asked_about_only_where_that_is_switched_on() -> None:
    paths = [path.split("/") for path in (TOKEN_REVIEWS, ACCESS_REVIEWS)]
    asked = {(group, resource, "create") for _, _, group, _, resource in paths}
    assert granted({**NO_DEFAULTS, **WITH_TOKENS}) == {"*": asked}


def test_roles_can_be_left_to_others() -> None:
    assert granted({"rbac": {"create": False}}) == {}


def test_an_account_can_be_somebody_elses() -> None:
    among = objects({"serviceAccount": {"create": False, "name": "theirs"}})
    assert of_kind("ServiceAccount", among) == {}
    agent = of_kind("DaemonSet", among)["netwatch"]["spec"]["template"]["spec"]
    assert agent["serviceAccountName"] == "theirs"
    assert of_kind("RoleBinding", among)["netwatch"]["subjects"][0]["name"] == "theirs"


def test_the_chart_knows_every_default_check_that_asks_kubernetes() -> None:
    known = yaml.safe_load((CHART / "files" / "default-checks.yaml").read_text())
    asking = {"endpoints", "nodes", "pods", "services"}
    for name, check in yaml.safe_load(CLUSTER_CONFIG)["checks"].items():
        if asking & set(check["source"]):
            assert set(known[name]["source"]) == set(check["source"])
