"""Certificates: until when are they valid, and why are they refused."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.scale import ANY_IS_BAD, SUCCESS, Scale
from dashboards.grafana.table import Column, table
from dashboards.services.scope import CHOSEN

DAY_SECONDS = 86400
EXPIRY = Scale("red", {7 * DAY_SECONDS: "orange", 21 * DAY_SECONDS: "green"})
UNTIL_EXPIRY = f"{CHOSEN('netwatch_tls_chain_not_after_timestamp_seconds')} - time()"

CERTIFICATES = Row(
    "TLS",
    [
        table(
            "Certificates",
            "When the first certificate of the chain expires, and the server's own. Also of those "
            "that were refused.",
            {"check": "Check", "target": "Target"},
            Column("Chain expires in", f"min by (check, target) ({UNTIL_EXPIRY})", "s", EXPIRY),
            Column(
                "Own expires in",
                f"min by (check, target) "
                f"({CHOSEN('netwatch_tls_not_after_timestamp_seconds')} - time())",
                "s",
                EXPIRY,
            ),
            Column(
                "Verified by",
                f"avg by (check, target) ({CHOSEN('netwatch_tls_verified')})",
                "percentunit",
                SUCCESS,
            ),
            sort="Chain expires in",
            smallest_first=True,
            runbook="NetwatchCertificateExpiring",
        ),
        table(
            "Why certificates are refused",
            "And by how many nodes. Empty where none is.",
            {"check": "Check", "target": "Target", "reason": "Reason"},
            Column(
                "Nodes",
                f"sum by (check, target, reason) ({CHOSEN('netwatch_tls_verification_error')})",
                scale=ANY_IS_BAD,
            ),
            sort="Nodes",
            width=6,
        ),
        table(
            "Versions",
            "What was agreed on, by how many pairs of a node and a target.",
            {"version": "Version"},
            Column("Pairs", f"sum by (version) ({CHOSEN('netwatch_tls_version')})"),
            sort="Pairs",
            width=6,
        ),
    ],
)
