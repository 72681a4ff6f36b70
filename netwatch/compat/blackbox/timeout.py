"""How long a probe may take, so that its result is back before the scraper stops waiting."""

import math

LONGEST_SECONDS = 120.0
"""Where nobody says less."""


def probe_timeout_seconds(
    header: str | None, offset_seconds: float, module_seconds: float
) -> float:
    """Return the shorter of what the scraper and the module allow; 0 of a module is no limit.

    `header` is `X-Prometheus-Scrape-Timeout-Seconds`; of that the offset is for the way back, but
    never more than half. Raises ValueError for a header that is no number of seconds.
    """
    limits = [LONGEST_SECONDS]
    if header:
        scrape_seconds = _seconds(header)
        limits.append(max(scrape_seconds - offset_seconds, scrape_seconds / 2))
    if module_seconds:
        limits.append(module_seconds)
    return min(limits)


def _seconds(header: str) -> float:
    try:
        seconds = float(header)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ValueError(f'found "{header}", expected a number of seconds')
    return seconds
