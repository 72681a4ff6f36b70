"""Each scraper gets what it asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.negotiate import accepts_gzip, choose_dialect

TEXT, OPENMETRICS = Dialect.TEXT, Dialect.OPENMETRICS


@pytest.mark.parametrize(
    ("accept", "dialect"),
    [
        pytest.param(
            "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPENMETRICS,
            id="Prometheus 2.37",
        ),
        pytest.param(
            "application/openmetrics-text;version=1.0.0,"
            "application/openmetrics-text;version=0.0.1;q=0.75,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPENMETRICS,
            id="Prometheus 2.45",
        ),
        pytest.param(
            "application/openmetrics-text;version=1.0.0;q=0.5,"
            "application/openmetrics-text;version=0.0.1;q=0.4,"
            "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OPENMETRICS,
            id="Prometheus 2.53",
        ),
        pytest.param(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited;q=0.6,"
            "application/openmetrics-text;version=1.0.0;q=0.5,"
            "application/openmetrics-text;version=0.0.1;q=0.4,"
            "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OPENMETRICS,
            id="Prometheus 2.53 with native histograms",
        ),
        pytest.param(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            "application/openmetrics-text;version=0.0.1;q=0.5,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
            "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OPENMETRICS,
            id="Prometheus 3",
        ),
        pytest.param(
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.2",
            TEXT,
            id="Prometheus 3 with scrape_protocols of text only",
        ),
        pytest.param("text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT, id="vmagent"),
        pytest.param("*/*", TEXT, id="curl"),
        pytest.param(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT, id="Firefox"
        ),
        pytest.param(None, TEXT, id="no header"),
        pytest.param("", TEXT, id="empty header"),
    ],
)
def test_scrapers_in_the_wild_get_what_they_prefer(accept: str | None, dialect: Dialect) -> None:
    assert choose_dialect(accept) is dialect


@pytest.mark.parametrize(
    ("accept", "dialect"),
    [
        # Quality decides, not the order.
        ("text/plain;q=0.5,application/openmetrics-text;q=0.9", OPENMETRICS),
        ("application/openmetrics-text;q=0.2,text/plain;q=0.5", TEXT),
        ("application/openmetrics-text;q=0.9,*/*", TEXT),
        # On a tie, the order does.
        ("application/openmetrics-text,text/plain;version=0.0.4", OPENMETRICS),
        ("text/plain;version=0.0.4,application/openmetrics-text", TEXT),
        # The more specific range counts, also where it refuses.
        ("*/*,text/plain;q=0.1", OPENMETRICS),
        ("text/*;q=0.1,*/*;q=0.5", OPENMETRICS),
        ("text/plain,text/plain;version=0.0.4;q=0.1,application/*;q=0.5", OPENMETRICS),
        ("*/*,application/openmetrics-text;q=0", TEXT),
        ("*/*;q=0.5,text/plain;q=0", OPENMETRICS),
        ("application/*", OPENMETRICS),
        ("text/*", TEXT),
        # Versions.
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1", OPENMETRICS),
        ('application/openmetrics-text;version="1.0.0"', OPENMETRICS),
        ("application/openmetrics-text;version=2.0.0,*/*;q=0.1", TEXT),
        ("application/openmetrics-text;version=2.0.0,application/openmetrics-text", OPENMETRICS),
        ("text/plain;version=1.0.0,application/openmetrics-text;q=0.1", OPENMETRICS),
        # Spelling.
        ("Application/OpenMetrics-Text ; Version=1.0.0 ; Q=1.000", OPENMETRICS),
        (
            "application/openmetrics-text;q=0.9;charset=utf-8;version=1.0.0,text/plain;q=.5",
            OPENMETRICS,
        ),
        (" , ,application/openmetrics-text\t;q=0.5,", OPENMETRICS),
        # Nothing that we have: text, rather than an error.
        ("application/json", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;q=0,text/plain;q=0", TEXT),
        # Garbage is as if it were not there.
        ("application/openmetrics-text;version=abc", TEXT),
        ("application/openmetrics-text;version=", TEXT),
        (";;;q=x", TEXT),
        ("application/openmetrics-text;q=nan,text/plain;q=0.1", TEXT),
        ("application/openmetrics-text;q=2,text/plain;q=0.1", TEXT),
        ("application/openmetrics-text;q=-1,*/*;q=0.1", TEXT),
        ("text/plain;q=x,application/openmetrics-text;q=0.1", OPENMETRICS),
    ],
)
def test_the_accept_header_is_read_by_the_book(accept: str, dialect: Dialect) -> None:
    assert choose_dialect(accept) is dialect


@pytest.mark.parametrize(
    ("accept_encoding", "accepted"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZip;Q=0.5", True),
        ("x-gzip", True),
        ("deflate, gzip ; q=1.0, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("gzip;q=x", False),
        ("notgzip, gzippy", False),
        ("br, deflate", False),
    ],
)
def test_gzip_is_used_where_it_is_accepted(accept_encoding: str | None, *, accepted: bool) -> None:
    assert accepts_gzip(accept_encoding) is accepted


PIECES = st.sampled_from([*',;="*/ .q01é', "version", "1.0.0", "q=", "nan", "text/plain", "gzip"])


@given(st.lists(PIECES).map("".join) | st.text())
def test_no_header_is_too_odd(header: str) -> None:
    assert choose_dialect(header) in Dialect
    assert accepts_gzip(header) in {True, False}
