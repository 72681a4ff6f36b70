"""The URL of a target: its own, or what options make of its host and port."""

from typing import Annotated

from pydantic import AfterValidator

from netwatch.endpoint import Endpoint
from netwatch.wire.http_url import HttpUrl, Origin, parse_http_url
from netwatch.wire.url import DEFAULT_PORTS


def _path(text: str) -> str:
    if not text.startswith("/") or parse_http_url(f"http://host{text}").target != text:
        raise ValueError("expected a path such as /healthz")
    return text


PathText = Annotated[str, AfterValidator(_path)]
"""A path, perhaps with a query."""


def url_of(endpoint: Endpoint, scheme: str, path: str, *, port: int = 0) -> HttpUrl:
    """Return the URL; `scheme`, `path` and `port` (0: the scheme's) are for what is no URL."""
    if endpoint.url:
        return parse_http_url(endpoint.url)
    chosen = endpoint.port or port or DEFAULT_PORTS[scheme]
    return HttpUrl(Origin(scheme, endpoint.host, chosen), path)
