"""Which series of kube-proxy are those that agents pass on, whoever else has the same ones."""

import pytest

from dashboards.kube_proxy import ITS_OWN
from dashboards.promql import per_second, quantile
from tests.dashboards.promtool import Promtool

A_SECOND = "0+60x10"
AGENT = 'instance="10.0.0.1:9847",network="host",node="a"'
ITSELF = 'instance="10.0.0.1:10249",job="kube-proxy",node="a"'

whether_the_monitor_honours_labels = pytest.mark.parametrize(
    "labels", ['job="netwatch",exported_job="kube-proxy"', 'job="kube-proxy"']
)


def series_of(family: str, labels: str, more: str = "") -> dict[str, str]:
    """Return it as passed on by an agent, and as Prometheus has it from kube-proxy itself."""
    return {
        f'netwatch_build_info{{job="netwatch",{AGENT}}}': "1x10",
        f"{family}{{{labels},{AGENT}{more}}}": A_SECOND,
        f"{family}{{{ITSELF}{more}}}": A_SECOND,
    }


@whether_the_monitor_honours_labels
def test_what_is_passed_on_is_counted_once(promtool: Promtool, labels: str) -> None:
    counted = per_second(ITS_OWN, "syncs_total", "node")
    assert promtool.says(counted, series_of("syncs_total", labels), ('{node="a"}', 1)) == ""


@whether_the_monitor_honours_labels
def test_quantiles_are_of_what_is_passed_on(promtool: Promtool, labels: str) -> None:
    of_agents = series_of("sync_bucket", labels, ',le="1"')
    of_itself = {f'sync_bucket{{{ITSELF},le="0.25"}}': A_SECOND}
    asked = quantile(0.5, ITS_OWN, "sync", "node")
    endless = series_of("sync_bucket", labels, ',le="+Inf"')
    assert promtool.says(asked, of_agents | of_itself | endless, ('{node="a"}', 0.5)) == ""
