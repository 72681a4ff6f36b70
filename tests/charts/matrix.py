"""Values to try the chart with: each names what is unusual about it."""

from tests.charts.golden import EXAMPLES, values_of
from tests.charts.helm import Values

A_CHECK = {"source": {"static": ["10.0.0.7"]}, "probe": {"icmp": {}}}

WITH_TOKENS: Values = {
    "rbac": {"delegatedAuth": True},
    "scheme": "HTTPS",
    "config": {"web": {"config_file": "/secrets/web.yml"}},
}

MATRIX: dict[str, Values] = {
    "defaults": {},
    **{name: values_of(name) for name in EXAMPLES},
    "both networks": {"podNetwork": {"enabled": True, "checks": {"own": A_CHECK}}},
    "own checks alone": {"defaults": {"enabled": False}, "checks": {"wiki": A_CHECK}},
    "PodMonitor": {"monitor": {"kind": "PodMonitor", "labels": {"release": "prometheus"}}},
    "nothing scrapes": {"monitor": {"kind": "none"}, "prometheusRule": {"enabled": False}},
    "no roles": {"rbac": {"create": False}, "serviceAccount": {"create": False}},
    "scrapers with tokens": WITH_TOKENS,
    "all that may be added": {
        "commonLabels": {"team": "network"},
        "podLabels": {"tier": "agent"},
        "podAnnotations": {"example.com/a": "b"},
        "serviceAccount": {"annotations": {"example.com/c": "d"}},
        "dashboards": {"annotations": {"grafana_folder": "netwatch"}},
        "env": [{"name": "SITE", "value": "north"}],
        "volumes": [{"name": "secrets", "secret": {"secretName": "netwatch"}}],
        "volumeMounts": [{"name": "secrets", "mountPath": "/secrets", "readOnly": True}],
        "monitor": {
            "relabelings": [{"targetLabel": "cluster", "replacement": "east"}],
            "metricRelabelings": [{"action": "labeldrop", "regex": "team"}],
            "endpoint": {"tlsConfig": {"insecureSkipVerify": True}},
        },
        "networkPolicy": {"nodes": ["10.0.0.0/16", "fd00::/64"]},
        "podNetwork": {"enabled": True},
    },
    "as little as possible": {
        "affinity": None,
        "nodeSelector": None,
        "priorityClassName": "",
        "resources": None,
        "tolerations": [],
        "monitor": {"kind": "none"},
        "dashboards": {"enabled": False},
    },
    "other names": {"nameOverride": "mesh", "fullnameOverride": "net", "port": 19847},
}
