import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.compat.blackbox.timeout import LONGEST_SECONDS, probe_timeout_seconds


@pytest.mark.parametrize(
    ("header", "offset", "module", "seconds"),
    [
        ("10", 0.5, 0.0, 9.5),
        ("10", 0.5, 5.0, 5.0),
        ("10", 0.5, 20.0, 9.5),
        ("10.000000", 2.0, 0.0, 8.0),
        (None, 0.5, 5.0, 5.0),
        (None, 0.5, 0.0, 120.0),
        ("", 0.5, 0.0, 120.0),
        ("1000", 0.5, 0.0, 120.0),
        ("0.5", 0.5, 0.0, 0.25),
        ("0.2", 0.5, 0.0, 0.1),
        ("0.2", 0.5, 0.05, 0.05),
    ],
)
def test_it_is_the_shorter_of_what_the_scraper_and_the_module_allow(
    header: str | None, offset: float, module: float, seconds: float
) -> None:
    assert probe_timeout_seconds(header, offset, module) == seconds


@pytest.mark.parametrize("header", ["0", "-1", "nan", "inf", "soon", "1s"])
def test_a_header_that_is_no_number_of_seconds_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=f'found "{header}", expected a number of seconds'):
        probe_timeout_seconds(header, 0.5, 5.0)


@given(st.floats(0.001, 1e6), st.floats(0, 1e3), st.floats(0.001, 1e6) | st.just(0.0))
def test_it_ends_before_the_scraper_and_never_at_once(
    scrape: float, offset: float, module: float
) -> None:
    seconds = probe_timeout_seconds(str(scrape), offset, module)
    assert 0 < seconds <= min(scrape, LONGEST_SECONDS)
