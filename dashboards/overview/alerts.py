"""What somebody was told, and will be told soon, and what to do about it."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.panel import RUNBOOKS
from dashboards.grafana.table import Column, table
from dashboards.overview.scope import ALERTS, OURS

ALERT = {
    "alertname": "Alert",
    "alertstate": "State",
    "severity": "Severity",
    "node": "Node",
    "check": "Check",
    "target": "Target",
}

ALERTING = Row(
    "Alerts",
    [
        table(
            "Alerts that fire, and that may soon",
            "Firing: somebody was told. Pending: it is so, and not yet for long enough. A click on "
            "a row leads to what to do about it. Empty where all is well, or where this Prometheus "
            "has no rules of netwatch.",
            ALERT,
            Column(
                "For",
                f"time() - min by ({', '.join(ALERT)}) ({ALERTS('ALERTS', OURS)} * ignoring "
                f"(alertstate) group_left () {ALERTS('ALERTS_FOR_STATE', OURS)})",
                "s",
            ),
            sort="State",
            smallest_first=True,
            links={"Runbook": f'{RUNBOOKS}/${{__data.fields["Alert"]:percentencode}}.md'},
            width=24,
            height=7,
        ),
    ],
)
