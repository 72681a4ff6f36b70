"""What of another program's metrics is passed on, and how it is changed on the way."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from netwatch.options import LABEL_NAME_PATTERN, Options
from netwatch.scraping.names import NamePattern, NamePatternItem, parse_name_pattern
from netwatch.wire.document import described

OWN_PAGE_PATTERN = r"^/metrics(/[A-Za-z0-9._-]{1,63})?$"

# These tell the series of a distribution apart, and no two series may become one.
KEPT_LABELS = frozenset({"le", "quantile"})


def _label(name: object) -> object:
    if not isinstance(name, str) or not re.fullmatch(LABEL_NAME_PATTERN, name):
        raise ValueError(f"found {described(name)}, expected a label name")
    if name in KEPT_LABELS or name.startswith("__"):
        raise ValueError(f'"{name}" is a reserved label name, expected another one')
    return name


def _prefix(text: str) -> str:
    if text and not re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", text):
        raise ValueError("expected the beginning of a metric name, such as kube_proxy_")
    return text


def _page(path: str) -> str:
    if not re.fullmatch(OWN_PAGE_PATTERN, path):
        raise ValueError("expected /metrics, or a path such as /metrics/kube-proxy")
    return path


PassedLabel = Annotated[
    str,
    BeforeValidator(_label),
    WithJsonSchema({"type": "string", "pattern": LABEL_NAME_PATTERN}),
]
"""A label of what is passed on: also `job` and `instance`, which are not for our own series."""


TargetLabel = Annotated[str, AfterValidator(lambda name: name and _label(name))]
"""The label that holds the name of the target; empty for none."""


def patterns(*texts: str) -> list[NamePattern]:
    """Return these names as a default."""
    return [parse_name_pattern(text) for text in texts]


class PassOptions(Options):
    """What is passed on of the metrics that were read."""

    allow: list[NamePatternItem] = Field(default_factory=lambda: patterns("*"))
    """Families to pass on, by name: globs, or regular expressions between slashes."""
    deny: list[NamePatternItem] = Field(default_factory=list)
    """Families not to pass on, though they are allowed."""
    prefix: Annotated[str, AfterValidator(_prefix)] = ""
    """What is put before the names that `prefixed` names, because they would be ours."""
    prefixed: list[NamePatternItem] = Field(
        default_factory=lambda: patterns("process_*", "python_*", "go_*", "promhttp_*")
    )
    """The families that get the prefix."""
    labels: dict[PassedLabel, str] = Field(default_factory=dict)
    """Labels to add to each series; one that it has already becomes `exported_…`."""
    target_label: TargetLabel = ""
    """A label to add that holds the name of the target; empty for none."""
    rename_labels: dict[PassedLabel, PassedLabel] = Field(default_factory=dict)
    """Labels to call otherwise: `{from: to}`."""
    drop_labels: list[NamePatternItem] = Field(default_factory=list)
    """Labels to leave out; series that become the same are dropped but for the first."""
    honor_timestamps: bool = True
    """Whether samples that have a time of their own keep it."""
    max_series: Annotated[int, Field(ge=1, le=1_000_000)] = 5000
    """So many series of a target are passed on; families beyond are dropped as a whole."""
    page: Annotated[str, AfterValidator(_page)] = "/metrics"
    """Where they are shown: among ours, or on a page of their own such as `/metrics/coredns`."""
