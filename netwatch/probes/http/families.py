"""The series that HTTP alone has; those of all attempts and of TLS are declared elsewhere."""

from netwatch.exposition.family import Family, Kind


def _gauge(name: str, key: str, help_: str, *, label: str = "", unit: str = "") -> Family:
    return Family(
        name=f"netwatch_http_{name}", kind=Kind.GAUGE, help=help_, key=key, label=label, unit=unit
    )


FAMILIES = (
    _gauge("status_code", "http_status_code", "Status code of the final response."),
    _gauge(
        "version",
        "http_version",
        "1 for the version of HTTP of the final response.",
        label="version",
    ),
    _gauge("tls", "http_tls", "Whether the final response came over TLS."),
    _gauge("redirects", "http_redirects", "Redirects followed."),
    _gauge(
        "content_length_bytes",
        "http_content_length",
        "Content-Length of the final response; absent where it says none.",
        unit="bytes",
    ),
    _gauge(
        "body_bytes",
        "http_body_bytes",
        "Size of the final response's body, decompressed.",
        unit="bytes",
    ),
    _gauge(
        "last_modified_timestamp_seconds",
        "http_last_modified",
        "Last-Modified of the final response; absent where it says none.",
        unit="seconds",
    ),
    _gauge(
        "broken_expectation",
        "http_broken_expectation",
        "1 for each kind of expectation that the final response breaks.",
        label="expectation",
    ),
)
