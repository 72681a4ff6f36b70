"""The series that DNS alone has; those of all attempts and of TLS are declared elsewhere."""

from netwatch.exposition.family import Family, Kind


def _gauge(name: str, key: str, help_: str, *, label: str = "", unit: str = "") -> Family:
    return Family(
        name=f"netwatch_dns_{name}", kind=Kind.GAUGE, help=help_, key=key, label=label, unit=unit
    )


def _counter(name: str, key: str, help_: str) -> Family:
    return Family(name=f"netwatch_dns_{name}_total", kind=Kind.COUNTER, help=help_, key=key)


FAMILIES = (
    _gauge("rcode", "dns_rcode", "1 for the response code of the reply.", label="rcode"),
    _gauge("flags", "dns_flags", "Whether the reply has the flag aa, tc, ra or ad.", label="flag"),
    _gauge(
        "records", "dns_records", "How many records the reply has, by section.", label="section"
    ),
    _gauge(
        "minimum_ttl_seconds",
        "dns_minimum_ttl",
        "Smallest time to live among the answers.",
        unit="seconds",
    ),
    _gauge("soa_serial", "dns_soa_serial", "Serial number of the zone, where the reply has it."),
    _gauge(
        "truncated",
        "dns_truncated",
        "Whether the answer did not fit into a datagram, so that it was asked for by TCP.",
    ),
    _counter(
        "retransmissions", "dns_retransmissions", "Queries sent again because nothing had come."
    ),
    _counter(
        "ignored_replies",
        "dns_ignored_replies",
        "Datagrams that came from the server's address and answer something else.",
    ),
)
