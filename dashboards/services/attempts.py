"""What all probes that make attempts have in common: do they succeed, how long do they take."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import ANY_IS_BAD, SUCCESS
from dashboards.grafana.stat import stat
from dashboards.grafana.table import Column, table
from dashboards.promql import mean, or_zero, per_second, quantiles, success
from dashboards.services.certificates import EXPIRY, UNTIL_EXPIRY
from dashboards.services.scope import ASKED, CHOSEN, UP

NOW = Row(
    "Now",
    [
        stat(
            "Down for somebody",
            "Targets that some node does not reach.",
            or_zero(f"count(min by (check, target) ({UP}) == 0)"),
            scale=ANY_IS_BAD,
            width=6,
        ),
        stat(
            "Attempts that succeed",
            "Share of all attempts of the last five minutes.",
            success(CHOSEN, "", window="5m"),
            unit="percentunit",
            scale=SUCCESS,
            width=6,
        ),
        stat(
            "Certificates refused",
            "Targets whose certificate did not pass verification.",
            or_zero(f"count(min by (check, target) ({CHOSEN('netwatch_tls_verified')}) == 0)"),
            scale=ANY_IS_BAD,
            width=6,
        ),
        stat(
            "Next certificate to expire",
            "Time until the first certificate of any chain expires; negative since it has.",
            f"min({UNTIL_EXPIRY})",
            unit="s",
            scale=EXPIRY,
            width=6,
            runbook="NetwatchCertificateExpiring",
        ),
    ],
)

ATTEMPTS = Row(
    "Attempts",
    [
        table(
            "Targets in the time shown",
            "One row for each target, seen from all chosen nodes together. The mean is of "
            "successful attempts; it is empty where the targets of a zone share a histogram.",
            {"check": "Check", "probe": "Probe", "target": "Target"},
            Column(
                "Attempts", f"sum by (check, probe, target) (increase({CHOSEN(ASKED)}[$__range]))"
            ),
            Column(
                "Succeeded",
                success(CHOSEN, "check, probe, target", window="$__range"),
                "percentunit",
                SUCCESS,
            ),
            Column(
                "Up for",
                f"avg by (check, probe, target) ({CHOSEN('netwatch_target_up')})",
                "percentunit",
                SUCCESS,
            ),
            Column(
                "Mean",
                mean(
                    CHOSEN,
                    "netwatch_probe_duration_seconds",
                    "check, probe, target",
                    window="$__range",
                ),
                "s",
            ),
            sort="Succeeded",
            smallest_first=True,
            width=24,
        ),
        graph(
            "Attempts that succeed",
            "Share of all attempts, by check.",
            Query(success(CHOSEN, "check"), "{{check}}"),
            unit="percentunit",
            most=1,
        ),
        graph(
            "Why attempts fail",
            "By check and reason: the reasons are in docs/probes.md. `local` is netwatch's own "
            "trouble, and no target's.",
            Query(
                per_second(CHOSEN, "netwatch_probe_failures_total", "check, reason"),
                "{{check}} {{reason}}",
            ),
            unit="ops",
        ),
        graph(
            "How long attempts take",
            "Half of the successful ones, and 99 of 100, end within this.",
            *quantiles(CHOSEN, "netwatch_probe_duration_seconds"),
            unit="s",
        ),
        graph(
            "Where the time goes",
            "Mean of each phase of successful attempts: the name, the connection, TLS, the server, "
            "the transfer. Choose one check to read the sum.",
            Query(
                mean(CHOSEN, "netwatch_probe_phase_seconds", "check, phase"), "{{check}} {{phase}}"
            ),
            unit="s",
            is_stacked=True,
        ),
    ],
)
