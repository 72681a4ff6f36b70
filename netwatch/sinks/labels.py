"""The labels by which the series of a target are found."""

from netwatch.model import Target


def labels_of(target: Target) -> dict[str, str]:
    """Return the five labels that all series of a target share, then its own."""
    check, endpoint = target.check, target.endpoint
    return {
        "check": check.name,
        "probe": check.probe,
        "target": endpoint.name,
        "address": endpoint.address,
        "zone": endpoint.zone,
        **dict(endpoint.labels),
    }
