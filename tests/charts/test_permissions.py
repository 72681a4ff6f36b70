"""The agents may do what the sources of their checks ask of the API server, and nothing else."""

import asyncio
import re
from collections.abc import Iterable, Mapping

import pytest
import yaml

from netwatch.config import load
from netwatch.defaults import CLUSTER_CONFIG
from netwatch.net.kubernetes.reviews import ACCESS_REVIEWS, TOKEN_REVIEWS
from netwatch.source import SourceOptions, SourceServices
from tests.charts.golden import EXAMPLES, values_of
from tests.charts.helm import CHART, Object, RefusedError, Values, agent_config, objects, of_kind
from tests.charts.matrix import A_CHECK, WITH_TOKENS
from tests.kubernetes.apiserver import Asked, ScriptedServer
from tests.kubernetes.keepingup import cluster_of, soon
from tests.sources.publisher import Published

Permissions = Mapping[str, set[tuple[str, str, str]]]
"""API group, resource and verb, by namespace; that of the whole cluster is "*"."""

ASKING = {"endpoints", "nodes", "pods", "services"}
NO_DEFAULTS = {"defaults": {"enabled": False}, "checks": {"wiki": A_CHECK}}
IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "POD_IP": "10.0.0.7", "NODE_NAME": "kube-1"}

PATH = re.compile(
    r"/apis?(?:/(?P<group>[a-z0-9.]+\.k8s\.io))?/v1(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[^/]+)(?P<one>/.+)?"
)
"""How the API names resources and single objects; its core group has no name."""


def allowed(role: Object) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def granted(values: Values | None = None) -> Permissions:
    among = objects(values)
    roles = [found for found in among if found["kind"] in {"Role", "ClusterRole"}]
    return {role["metadata"].get("namespace", "*"): allowed(role) for role in roles}


def needed(requests: Iterable[Asked]) -> Permissions:
    found: dict[str, set[tuple[str, str, str]]] = {}
    for asked in requests:
        match = PATH.fullmatch(asked.path)
        assert match, asked.path
        verb = "watch" if asked.is_watch else "get" if match["one"] else "list"
        which = (match["group"] or "", match["resource"], verb)
        found.setdefault(match["namespace"] or "*", set()).add(which)
    return found


async def asked_by(sources: Iterable[SourceOptions], server: ScriptedServer) -> Permissions:
    """Run sources until all that they follow is listed and watched; return what that needed."""
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        opened = [source.open(SourceServices(cluster, "kube-1")) for source in sources]
        told = [(source, Published()) for source in opened]
        running = [group.create_task(one.run(to), name="source") for one, to in told]
        await soon(lambda: all(to.snapshots for _, to in told))
        await soon(lambda: len(server.watches) == len(cluster))
        for task in running:
            task.cancel()
    return needed(server.asked)


def sources_of(values: Values) -> list[SourceOptions]:
    """Return the sources of all agents that ask the API server."""
    among = objects(values)
    configs = [
        load(agent_config(name, among), "netwatch.yaml", IN_A_POD)
        for name in of_kind("DaemonSet", among)
    ]
    checks = [check for config in configs for check in config.checks.values()]
    return [check.source_options for check in checks if check.source_name in ASKING]


def a_source(source: Values) -> Values:
    checks = {"a": {"source": source, "probe": {"tcp": {"port": 80}}}}
    return {"defaults": {"enabled": False}, "checks": checks}


CASES: dict[str, Values] = {
    "defaults": {},
    **{name: values_of(name) for name in EXAMPLES},
    "both networks": {
        "podNetwork": {"enabled": True, "checks": a_source({"pods": {}})["checks"]},
    },
    "no checks of nodes": {"defaults": {"without": ["nodes", "nodes-large"]}},
    "no checks of services": {
        "defaults": {"without": ["dns-service", "api-server-service", "service-path"]}
    },
    "others in their place": {
        "checks": dict.fromkeys(("dns-servers", "dns-service", "service-path"), A_CHECK)
    },
    "fixed targets": NO_DEFAULTS,
    "nodes": a_source({"nodes": {"own": "include"}}),
    "endpoints of one": a_source({"endpoints": {"namespace": "shop", "service": "wiki"}}),
    "endpoints of some": a_source({"endpoints": {"namespace": "shop", "selector": "app=wiki"}}),
    "services of a namespace": a_source({"services": {"namespace": "shop"}}),
    "a service": a_source({"services": {"namespace": "shop", "name": "wiki"}}),
    "the usual services": a_source({"services": {}}),
    "services and endpoints": a_source({"services": {"namespace": "shop", "backends": True}}),
    "pods of a namespace": a_source({"pods": {"namespace": "shop", "selector": "app=wiki"}}),
    "all pods": a_source({"pods": {}}),
}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
async def test_the_roles_allow_what_the_agents_ask_and_nothing_else(
    values: Values, scripted: ScriptedServer
) -> None:
    assert granted(values) == await asked_by(sources_of(values), scripted)


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


def test_checks_of_fixed_targets_may_read_nothing_and_hold_no_token() -> None:
    assert granted(NO_DEFAULTS) == {}
    agent = of_kind("DaemonSet", objects(NO_DEFAULTS))["netwatch"]["spec"]["template"]["spec"]
    assert agent["automountServiceAccountToken"] is False
    default = of_kind("DaemonSet", objects())["netwatch"]["spec"]["template"]["spec"]
    assert default["automountServiceAccountToken"] is True


def test_scrapers_are_asked_about_only_where_that_is_switched_on() -> None:
    paths = [path.split("/") for path in (TOKEN_REVIEWS, ACCESS_REVIEWS)]
    asked = {(group, resource, "create") for _, _, group, _, resource in paths}
    assert granted({**NO_DEFAULTS, **WITH_TOKENS}) == {"*": asked}


@pytest.mark.parametrize("place", ["config", "podNetwork"])
def test_scrapers_can_not_be_asked_about_without_being_allowed_to(place: str) -> None:
    web = {"web": {"config_file": "/secrets/web.yml", "kubernetes_auth": {"enabled": True}}}
    inside = {"enabled": True, "config": web}
    values = {"scheme": "HTTPS", place: inside if place == "podNetwork" else web}
    with pytest.raises(RefusedError, match=r"set rbac\.delegatedAuth in place of config\.web"):
        objects(values)
    of_both = values | {"config": web, "rbac": {"delegatedAuth": True}}
    assert "*" in granted({**NO_DEFAULTS, **of_both})


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
    for name, check in yaml.safe_load(CLUSTER_CONFIG)["checks"].items():
        if ASKING & set(check["source"]):
            assert set(known[name]["source"]) == set(check["source"])
