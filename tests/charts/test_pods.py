"""What the agents' pods may do, where they run, and how they are replaced."""

import re
from typing import Any

import pytest

from netwatch import __version__
from netwatch.cli.main import parse
from netwatch.logs import FORMATS
from tests.charts.helm import CHART, ROOT, Values, objects, of_kind
from tests.charts.matrix import MATRIX

BOTH: Values = {"podNetwork": {"enabled": True}}

FIRST_LIST_MEBIBYTES = 25
"""What the list of 5,000 nodes takes for a moment."""

# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
SAFE_SYSCTLS = {"net.ipv4.ping_group_range"}
SAFE_VOLUMES = {"configMap"}


def daemon_set(name: str = "netwatch", values: Values = BOTH) -> dict[str, Any]:
    found: dict[str, Any] = of_kind("DaemonSet", objects(values))[name]["spec"]
    return found


def pod(name: str = "netwatch", values: Values = BOTH) -> dict[str, Any]:
    found: dict[str, Any] = daemon_set(name, values)["template"]["spec"]
    return found


def container(name: str = "netwatch", values: Values = BOTH) -> dict[str, Any]:
    [found] = pod(name, values)["containers"]
    assert isinstance(found, dict)
    return found


def pods() -> list[dict[str, Any]]:
    """Return those of the agents and those of `helm test`."""
    tests = [test["spec"] for test in of_kind("Pod", objects(BOTH)).values()]
    return [pod("netwatch"), pod("netwatch-pod"), *tests]


def test_an_agent_in_the_network_of_its_node_has_raw_sockets_and_nothing_else_of_root() -> None:
    assert container()["securityContext"] == {
        "runAsUser": 0,
        "runAsGroup": 0,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]},
    }
    assert pod()["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}


def test_an_agent_in_the_network_of_its_node_still_knows_the_names_of_the_cluster() -> None:
    assert pod()["hostNetwork"] is True
    assert pod()["dnsPolicy"] == "ClusterFirstWithHostNet"


def restricted_pods() -> list[dict[str, Any]]:
    return [found for found in pods() if not found.get("hostNetwork")]


def test_pods_in_the_pod_network_pass_the_restricted_standard() -> None:
    assert len(restricted_pods()) == 2
    for found in restricted_pods():
        context = found["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert {sysctl["name"] for sysctl in context["sysctls"]} <= SAFE_SYSCTLS
        assert {kind for volume in found["volumes"] for kind in volume} - {"name"} <= SAFE_VOLUMES
        assert not {"hostPID", "hostIPC", "hostNetwork"} & set(found)
        for inside in found["containers"]:
            assert inside["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert not any("hostPort" in port for port in inside.get("ports", ()))


def test_a_pod_in_the_pod_network_may_ping_by_the_safe_sysctl() -> None:
    for found in restricted_pods():
        assert found["securityContext"]["sysctls"] == [
            {"name": "net.ipv4.ping_group_range", "value": "0 2147483647"}
        ]


@pytest.mark.parametrize("name", ["netwatch", "netwatch-pod"])
def test_an_agent_runs_on_every_node_whatever_is_wrong_with_it(name: str) -> None:
    assert pod(name)["tolerations"] == [{"operator": "Exists"}]
    assert pod(name)["priorityClassName"] == "system-node-critical"


def test_a_rollout_takes_a_tenth_of_the_agents_at_a_time() -> None:
    spec = daemon_set()
    assert spec["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": "10%"}
    assert spec["minReadySeconds"] > 0


def test_a_change_of_the_configuration_replaces_no_pod() -> None:
    changed = {**BOTH, "config": {"compat": {"ping_exporter": True}}}
    assert pod(values=changed) == pod()
    assert daemon_set(values=changed) == daemon_set()


def test_an_agent_restarts_when_it_stands_still_and_not_when_the_network_does() -> None:
    probes = {
        name: container()[name]["httpGet"]["path"] for name in ("livenessProbe", "readinessProbe")
    }
    assert probes == {"livenessProbe": "/-/healthy", "readinessProbe": "/-/ready"}
    assert container()["livenessProbe"]["failureThreshold"] >= 6


def test_the_kubelet_may_ask_otherwise_or_not_at_all() -> None:
    values = {
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 30},
        "readinessProbe": None,
    }
    changed = container(values=values)
    assert changed["livenessProbe"] == {
        "tcpSocket": {"port": "http"},
        "periodSeconds": 30,
        "timeoutSeconds": 5,
        "failureThreshold": 6,
    }
    assert "readinessProbe" not in changed


def test_an_agent_may_have_what_it_was_measured_to_need() -> None:
    """Where docs/performance.md says more, values.yaml must, too."""
    measured = (ROOT / "docs" / "performance.md").read_text()
    at_most = re.search(
        r"^\| at most, with 4 slow scrapers .*\| +([\d.]+) \|$", measured, re.MULTILINE
    )
    assert at_most
    mebibytes = {
        kind: int(of["memory"].removesuffix("Mi")) for kind, of in container()["resources"].items()
    }
    assert float(at_most[1]) <= mebibytes["requests"]
    assert 1.5 * (float(at_most[1]) + FIRST_LIST_MEBIBYTES) <= mebibytes["limits"]
    for text in (
        (CHART / "values.yaml").read_text(),
        (ROOT / "docs" / "kubernetes.md").read_text(),
    ):
        assert f"{at_most[1]} MiB" in text


def test_an_agent_is_never_throttled() -> None:
    assert "cpu" not in container()["resources"]["limits"]
    assert container()["resources"]["limits"] == {"memory": "192Mi"}


def test_an_agent_sees_changes_of_its_configuration() -> None:
    """The kubelet does not update what is mounted by `subPath`."""
    [mount] = container()["volumeMounts"]
    assert mount == {"name": "config", "mountPath": "/etc/netwatch", "readOnly": True}
    assert container()["args"][:2] == ["agent", "--config=/etc/netwatch/netwatch.yaml"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_agent_writes_the_log_that_is_wanted_and_understands_how(form: str) -> None:
    arguments = container(values={"log": {"format": form, "level": "debug"}})["args"]
    args = parse(arguments)
    assert (args.log_format, args.log_level) == (form, "debug")
    assert "--log-format=logfmt" in container()["args"]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ({}, f"ghcr.io/netwatch/netwatch:{__version__}"),
        ({"registry": "r.example:5000", "tag": "1"}, "r.example:5000/netwatch/netwatch:1"),
        ({"registry": "", "repository": "mine", "tag": "1"}, "mine:1"),
        ({"digest": "sha256:ab", "tag": "1"}, "ghcr.io/netwatch/netwatch@sha256:ab"),
    ],
)
def test_an_image_comes_from_any_registry_by_tag_or_digest(image: Values, name: str) -> None:
    assert container(values={"image": image})["image"] == name


def test_a_private_registry_is_asked_with_its_secret_also_by_the_test() -> None:
    among = objects({"imagePullSecrets": [{"name": "registry"}]})
    test = of_kind("Pod", among)["netwatch-test"]["spec"]
    agent = of_kind("DaemonSet", among)["netwatch"]["spec"]["template"]["spec"]
    assert test["imagePullSecrets"] == agent["imagePullSecrets"] == [{"name": "registry"}]


SELECTOR = {"app.kubernetes.io/name": "netwatch", "app.kubernetes.io/instance": "netwatch"}
SAME_NAME = {name: values for name, values in MATRIX.items() if "nameOverride" not in values}


@pytest.mark.parametrize("values", SAME_NAME.values(), ids=SAME_NAME)
def test_no_value_changes_a_selector_so_that_every_upgrade_is_taken(values: Values) -> None:
    """These selectors are those of the first release; Kubernetes refuses a change of them."""
    for found in of_kind("DaemonSet", objects(values, is_upgrade=True)).values():
        network = "host" if found["spec"]["template"]["spec"].get("hostNetwork") else "pod"
        wanted = {**SELECTOR, "app.kubernetes.io/component": f"{network}-network"}
        assert found["spec"]["selector"] == {"matchLabels": wanted}
        assert wanted.items() <= found["spec"]["template"]["metadata"]["labels"].items()


def test_a_service_names_the_agents_of_one_network_and_no_test() -> None:
    among = objects(BOTH)
    test_labels = of_kind("Pod", among)["netwatch-test"]["metadata"]["labels"]
    for name, service in of_kind("Service", among).items():
        assert service["spec"]["clusterIP"] == "None"
        assert service["spec"]["selector"] == daemon_set(name)["selector"]["matchLabels"]
        assert not service["spec"]["selector"].items() <= test_labels.items()


def test_helm_test_asks_an_agent_whether_it_is_ready_and_runs_all_checks_once() -> None:
    test = of_kind("Pod", objects({"scheme": "HTTPS", "port": 9000}))["netwatch-test"]
    assert test["metadata"]["annotations"]["helm.sh/hook"] == "test"
    asked, probed = [inside["args"] for inside in test["spec"]["containers"]]
    assert asked[:3] == ["probe", "http", "https://netwatch.netwatch.svc:9000/-/ready"]
    assert probed[:3] == ["probe", "--config", "/etc/netwatch/netwatch.yaml"]


def test_netwatch_takes_every_command_line_of_the_chart() -> None:
    for found in pods():
        for inside in found["containers"]:
            assert callable(parse(inside["args"]).run)
