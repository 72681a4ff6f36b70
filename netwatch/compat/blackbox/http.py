"""The `http` module: a request, what follows redirects, and what the final response must be."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from netwatch.attempt import Probe
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.httpclient import HttpClientConfig
from netwatch.compat.blackbox.kind import Lent, ProbedKind, Unsupported, checked, shown_phases
from netwatch.compat.blackbox.report import Report
from netwatch.endpoint import Endpoint
from netwatch.model import Result
from netwatch.options import Options
from netwatch.probes.http.probe import HttpOptions, HttpProbe
from netwatch.wire.bytesize import parse_byte_size
from netwatch.wire.pattern import parse_pattern
from netwatch.wire.url import looks_like_url, parse_url

MAX_REDIRECTS = 10
MAX_BODY_BYTES = 2**30
"""Where the configuration sets no limit, and nothing of the body is kept."""
MAX_KEPT_BODY_BYTES = 10 * 2**20
"""Where it sets none, and the body must be kept to be searched."""
PHASES = ("resolve", "connect", "tls", "processing", "transfer")
NO_BODY = frozenset({204, 304})
"""Responses that never have a body (RFC 9112 section 6.3)."""
_FACTS = (
    *("status_code", "version", "ssl", "redirects"),
    *("content_length", "uncompressed_body_length"),
)
_VERSIONS: Mapping[str, Literal["1.0", "1.1"]] = {"HTTP/1.0": "1.0", "HTTP/1.1": "1.1"}

Regexes = list[Annotated[str, checked(parse_pattern)]]
CelExpression = Annotated[None, Unsupported("CEL")]


class HeaderMatch(Options):
    """A header, and a pattern for its value."""

    header: Annotated[str, Field(min_length=1)]
    """The name of the header."""
    regexp: Annotated[str, Field(min_length=1), checked(parse_pattern)]
    """Is searched for in each of its values."""
    allow_missing: bool = False
    """Whether it is well when there is no such header."""

    def option(self) -> dict[str, object]:
        """Return the same for a probe."""
        return {
            "header": self.header,
            "pattern": self.regexp,
            "allow_missing": self.allow_missing,
        }


class HttpModule(HttpClientConfig, ProbedKind[HttpOptions]):
    """Whether a web server answers as it should."""

    valid_status_codes: list[Annotated[int, Field(ge=100, le=599)]] = Field(default_factory=list)
    """Codes that are well; empty for all from 200 to 299."""
    valid_http_versions: list[Literal["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2.0"]] = Field(
        default_factory=list
    )
    """Versions that are well; empty for any."""
    fail_if_ssl: bool = False
    """Whether TLS is a failure."""
    fail_if_not_ssl: bool = False
    """Whether its absence is."""
    fail_if_body_matches_regexp: Regexes = Field(default_factory=list)
    """Patterns none of which may be in the body."""
    fail_if_body_not_matches_regexp: Regexes = Field(default_factory=list)
    """Patterns all of which must be in the body."""
    fail_if_header_matches: list[HeaderMatch] = Field(default_factory=list)
    """What must not be in headers."""
    fail_if_header_not_matches: list[HeaderMatch] = Field(default_factory=list)
    """What must be in headers."""
    body_size_limit: Annotated[int | str, checked(parse_byte_size)] = 0
    """A larger body, decompressed, is a failure; 0 is no limit."""
    fail_if_body_json_matches_cel: CelExpression = None
    fail_if_body_json_not_matches_cel: CelExpression = None

    @model_validator(mode="after")
    def _can_succeed(self) -> Self:
        if self.fail_if_ssl and self.fail_if_not_ssl:
            raise ValueError("found fail_if_ssl with fail_if_not_ssl, expected one of them")
        if self.valid_http_versions and not self._versions():
            found = ", ".join(self.valid_http_versions)
            raise ValueError(f"found {found}, expected HTTP/1.1 among valid_http_versions")
        return self

    def _versions(self) -> list[str]:
        return [_VERSIONS[text] for text in self.valid_http_versions if text in _VERSIONS]

    def endpoint(self, target: str) -> Endpoint:
        url = target if looks_like_url(target) else f"http://{target}"
        parts = parse_url(url)
        return Endpoint(name=target, host=parts.host, port=parts.port, url=url)

    def options(self) -> HttpOptions:
        limit = parse_byte_size(self.body_size_limit)
        keeps_body = self.fail_if_body_matches_regexp or self.fail_if_body_not_matches_regexp
        unlimited = MAX_KEPT_BODY_BYTES if keeps_body else MAX_BODY_BYTES
        expected: dict[str, Any] = {
            "valid_versions": self._versions(),
            "require_tls": self.fail_if_not_ssl or (False if self.fail_if_ssl else None),
            "header_matches": [match.option() for match in self.fail_if_header_not_matches],
            "header_not_matches": [match.option() for match in self.fail_if_header_matches],
            "body_matches": self.fail_if_body_not_matches_regexp,
            "body_not_matches": self.fail_if_body_matches_regexp,
            "max_body_bytes": min(limit or unlimited, MAX_BODY_BYTES),
            "max_redirects": MAX_REDIRECTS if self.follows_redirects else 0,
        }
        if self.valid_status_codes:
            expected["valid_status"] = self.valid_status_codes
        return HttpOptions.model_validate(self.request() | expected)

    def asking_for(self, hostname: str) -> Self:
        if self.host_header not in {"", hostname}:
            raise ValueError(
                f"found the parameter hostname {hostname}, expected {self.host_header}, "
                "as the headers of the module say"
            )
        if self.host_header:
            return self
        return self.model_copy(update={"headers": self.headers | {"Host": hostname}})

    def open(self, lent: Lent) -> Probe:
        return HttpProbe(
            self.options(), lent.services.resolve, lent.services.contexts, allow=lent.allow
        )

    def report(self, result: Result, handshake: LastHandshake) -> Report:
        values = result.values
        broken = values.get("http_broken_expectation", {})
        kinds = set(broken) if isinstance(broken, Mapping) else set()
        report = Report({f"probe_http_{name}": 0 for name in _FACTS})
        report.values["probe_http_redirects"] = values.get("http_redirects", 0)
        report.values["probe_http_duration_seconds"] = shown_phases(result, *PHASES)
        # The original looks at headers and body only where the status is as it should be.
        by_regex = bool(kinds & {"header", "body"}) and "status" not in kinds
        report.values["probe_failed_due_to_regex"] = by_regex
        if "http_status_code" not in values:
            return report
        unread_bytes = parse_byte_size(self.body_size_limit) if "body_size" in kinds else 0
        unsaid_length = 0 if values["http_status_code"] in NO_BODY else -1
        report.values |= {
            "probe_http_status_code": values["http_status_code"],
            "probe_http_content_length": values.get("http_content_length", unsaid_length),
            "probe_http_uncompressed_body_length": values.get("http_body_bytes", unread_bytes),
            "probe_http_version": _version(values["http_version"]),
        }
        if "http_last_modified" in values:
            modified = values["http_last_modified"]
            report.values["probe_http_last_modified_timestamp_seconds"] = modified
        if values["http_tls"]:
            report.values["probe_http_ssl"] = 1
            report |= handshake.report(values) | handshake.chain_report(values)
            report |= handshake.cipher_report(values)
        return report


def _version(versions: float | Mapping[str, float]) -> float:
    """Return the one version as a number, 0 for one that is no number."""
    [text] = versions if isinstance(versions, Mapping) else ["0"]
    return float(text) if text in _VERSIONS.values() else 0
