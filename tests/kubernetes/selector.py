"""Label selectors, as the API documents them."""

import re
from collections.abc import Mapping

_PART = re.compile(
    r"(?P<not>!?)(?P<key>[\w./-]+)"
    r"(?:(?P<how>=| in | notin )(?:\((?P<many>[^)]*)\)|(?P<one>[\w.-]+)))?(?:,\s*|$)"
)
"""A requirement, and the comma after it."""


def is_selected(labels: Mapping[str, str], selector: str) -> bool:
    """Whether what has these labels is selected; an empty selector selects all."""
    parts = list(_PART.finditer(selector))
    assert "".join(part[0] for part in parts) == selector
    return all(_meets(labels, part) for part in parts)


def _meets(labels: Mapping[str, str], part: re.Match[str]) -> bool:
    key, how = part["key"], part["how"]
    if how is None:
        return (key not in labels) is bool(part["not"])
    values = re.split(r",\s*", part["many"] or part["one"])
    return (labels.get(key) in values) is not (how == " notin ")
