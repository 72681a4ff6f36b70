"""Asks kube-proxy how it is: /livez about itself, /healthz also about the node."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from netwatch.attempt import Attempt
from netwatch.httpclient.client import HttpClient
from netwatch.model import Outcome, ProbeError
from netwatch.wire.http_url import HttpUrl, Origin
from netwatch.wire.kubeproxyhealth import Health, MalformedHealthError, parse_health

_MOST_BYTES = 65536
_WELL, _NOT_FOUND, _NOT_WELL = 200, 404, 503


@dataclass(frozen=True, slots=True)
class Verdict:
    """`node_eligible` is None where it is not said; `stale_seconds` as in `Health`."""

    is_healthy: bool
    node_eligible: bool | None = None
    stale_seconds: Mapping[str, float] = field(default_factory=dict)


async def ask_health(client: HttpClient, attempt: Attempt, origin: Origin) -> Verdict:
    """Return what kube-proxy says of itself, by /healthz where there is no /livez (before 1.28).

    Only /healthz tells of the node, and it is not well on a node that is being deleted.
    """
    of_node = await _ask(client, attempt, HttpUrl(origin, "/healthz"))
    of_itself = await _ask(client, attempt, HttpUrl(origin, "/livez")) or of_node
    if of_itself is None:
        raise ProbeError(Outcome.MISMATCH, "found neither /livez nor /healthz, expected one")
    is_healthy, health = of_itself
    eligible = of_node[1].node_eligible if of_node else None
    return Verdict(is_healthy, eligible, {} if is_healthy else health.stale_seconds)


async def _ask(client: HttpClient, attempt: Attempt, url: HttpUrl) -> tuple[bool, Health] | None:
    """Return whether a page says that all is well, and its body; None where there is no page."""
    response, body = await client.get(attempt, url, accept="*/*", max_bytes=_MOST_BYTES)
    if response.status == _NOT_FOUND:
        return None
    if response.status not in {_WELL, _NOT_WELL}:
        found = f"found status {response.status} at {url.target}, expected {_WELL} or {_NOT_WELL}"
        raise ProbeError(Outcome.MISMATCH, found)
    try:
        return response.status == _WELL, parse_health(body)
    except MalformedHealthError as error:
        raise ProbeError(Outcome.PROTOCOL, f"{url.target}: {error}") from None
