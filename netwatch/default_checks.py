"""How a configuration file stands on the checks that netwatch has by default."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from netwatch.options import Options
from netwatch.wire.document import Document


class DefaultsOptions(Options):
    """Which checks of the default configuration are there beside those of the file."""

    enabled: bool = False
    """Whether they are; a check of the file takes the place of a default one of the same name."""
    without: list[str] = Field(default_factory=list)
    """Names of default checks to leave out, there or not: a cluster has others than a machine."""


def with_default_checks(document: Document, checks: Mapping[str, Any]) -> Document:
    """Return the document with those of the default `checks` that it asks for, in front.

    What it says is not validated yet: where it is wrong, the document is returned as it is.
    """
    match document.value:
        case {"defaults": {"enabled": True, **rest}}:
            own = document.value.get("checks", {})
            without = rest.get("without", [])
            if isinstance(own, dict) and isinstance(without, list):
                kept = {name: check for name, check in checks.items() if name not in without}
                return replace(document, value=document.value | {"checks": kept | own})
    return document
