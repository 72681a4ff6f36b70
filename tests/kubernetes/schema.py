"""Whether an API server would take an object, by the schemas that Kubernetes publishes."""

import functools
import json
from typing import Any

import kubernetes_validate

VERSION = "1.36"


def check(item: dict[str, Any]) -> None:
    """Raise ValidationError for what no object of its kind may be."""
    _check(json.dumps(item | {"metadata": item["metadata"] | {"name": "any"}}))


@functools.cache  # it takes 30 ms, and many objects differ by their names alone
def _check(text: str) -> None:
    kubernetes_validate.validate(json.loads(text), VERSION, strict=True)
