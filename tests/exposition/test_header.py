from netwatch.exposition.dialect import Dialect
from netwatch.exposition.header import header


def test_help_is_on_one_line_and_quotes_are_escaped_only_in_openmetrics() -> None:
    help_ = 'A "\\" and\na line.'
    assert header(Dialect.TEXT, "a", "gauge", help_) == (
        '# HELP a A "\\\\" and\\na line.\n# TYPE a gauge\n'
    )
    assert header(Dialect.OPENMETRICS, "a", "gauge", help_, "seconds") == (
        '# HELP a A \\"\\\\\\" and\\na line.\n# TYPE a gauge\n# UNIT a seconds\n'
    )


def test_no_help_is_no_line() -> None:
    assert header(Dialect.TEXT, "a", "gauge", "") == "# TYPE a gauge\n"
