"""The dashboards of netwatch, one a file; `python -m dashboards` writes them into the chart.

`grafana/` has the words, `promql.py` the expressions that they have in common.
"""

from dashboards.agents import AGENTS
from dashboards.explorer import EXPLORER
from dashboards.grafana.dashboard import Dashboard
from dashboards.kube_proxy import KUBE_PROXY
from dashboards.overview import OVERVIEW
from dashboards.services import SERVICES

DASHBOARDS: dict[str, Dashboard] = {
    "overview": OVERVIEW,
    "explorer": EXPLORER,
    "services": SERVICES,
    "kube-proxy": KUBE_PROXY,
    "agents": AGENTS,
}
"""By the name of the file."""
