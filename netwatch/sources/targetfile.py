"""What a file of targets says, in any of the formats that are around; they are told by shape.

A list of targets, as in the configuration::

    - wiki.example
    - https://wiki.example/healthz
    - {name: gateway, host: 10.0.0.1, zone: a, labels: {team: net}}

Prometheus' file_sd; of its labels `zone` is the zone. Those that are reserved in netwatch (`job`)
or in Prometheus (`__meta_…`) are left out::

    [{"targets": ["wiki.example:443", "[2001:db8::1]:80"], "labels": {"team": "net"}}]

The ping-exporter's `targets.json`::

    {"cluster_targets": [{"ipAddress": "10.0.0.7", "name": "kube-a-3"}],
     "external_targets": [{"host": "wiki.example", "name": "wiki"}]}
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.options import RESERVED_LABELS, Labels, Options
from netwatch.sources.endpoint import Host, Name, StaticTarget, TargetItem, snapshot_of
from netwatch.wire.document import DocumentError, Path, described, dotted
from netwatch.wire.hostname import split_port
from netwatch.wire.url import looks_like_url
from netwatch.wire.yaml import parse as parse_yaml

T = TypeVar("T")


class FileSdGroup(Options):
    """Prometheus' targetgroup.Group: targets that share labels."""

    targets: list[str]
    labels: dict[str, str] = Field(default_factory=dict)


class ClusterTarget(Options):
    """A node, as the ping-exporter knows it."""

    host: Host = Field(alias="ipAddress")
    name: Name


class Node(StaticTarget):
    """A target that is a node of the cluster."""

    def endpoint(self) -> Endpoint:
        return replace(super().endpoint(), is_node=True)


class PingExporterTargets(Options):
    """All of the ping-exporter's file; either list may be null."""

    cluster_targets: list[ClusterTarget] | None = None
    external_targets: list[StaticTarget] | None = None


_ITEM: TypeAdapter[StaticTarget] = TypeAdapter(TargetItem)
_GROUP = TypeAdapter(FileSdGroup)
_LABELS: TypeAdapter[dict[str, str]] = TypeAdapter(Labels)
_PING_EXPORTER = TypeAdapter(PingExporterTargets)


def parse_targets(text: str, *, as_json: bool) -> Snapshot:
    """Return the targets that `text` (JSON, else YAML) lists.

    Raises ValueError that names the first wrong entry, what was found and what is expected.
    """
    document = _parse_json(text) if as_json else _parse_yaml(text)
    return snapshot_of(_targets(document))


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("found too many levels, expected a list of targets") from None
    except json.JSONDecodeError as error:
        where = f"{error.lineno}:{error.colno}"
        raise ValueError(f"{where}: found broken JSON: {error.msg.lower()}") from None


def _parse_yaml(text: str) -> Any:
    try:
        return parse_yaml(text).value
    except DocumentError as error:
        raise ValueError(str(error.problems[0])) from None


def _targets(document: Any) -> Iterator[StaticTarget]:
    match document:
        case list():
            for index, item in enumerate(document):
                yield from _listed(item, (index,))
        case {"cluster_targets": _} | {"external_targets": _}:
            yield from _from_ping_exporter(document)
        case _:
            raise ValueError(f"found {described(document)}, expected a list of targets")


def _listed(item: Any, path: Path) -> Iterator[StaticTarget]:
    if isinstance(item, dict) and "targets" in item:
        yield from _from_file_sd(item, path)
    else:
        yield _read(_ITEM, item, path)


def _from_file_sd(item: Any, path: Path) -> Iterator[StaticTarget]:
    group = _read(_GROUP, item, path)
    labels = {
        name: value
        for name, value in group.labels.items()
        if name not in RESERVED_LABELS and not name.startswith("__")
    }
    common = {
        "labels": _read(_LABELS, labels, (*path, "labels")),
        "zone": group.labels.get("zone", ""),
    }
    for index, target in enumerate(group.targets):
        place = (*path, "targets", index)
        yield _read(_ITEM, _where(target, place) | common, place)


def _where(target: str, place: Path) -> dict[str, object]:
    """Return the keys that an address of file_sd stands for; URLs are what blackbox takes."""
    if looks_like_url(target):
        return {"url": target}
    try:
        host, port = split_port(target)
    except ValueError as error:
        raise _problem(place, str(error)) from None
    return {"host": host, "port": port or None}


def _from_ping_exporter(document: Any) -> Iterator[StaticTarget]:
    targets = _read(_PING_EXPORTER, document, ())
    for node in targets.cluster_targets or ():
        yield Node(host=node.host, name=node.name)
    yield from targets.external_targets or ()


def _read(adapter: TypeAdapter[T], value: Any, path: Path) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    where = tuple(part for part in first["loc"] if part != "[key]")
    raise _problem((*path, *where), _message(first["type"], first["msg"], first["input"]))


def _message(kind: str, message: str, found: Any) -> str:
    match kind:
        case "value_error":
            return message.removeprefix("Value error, ")
        case "missing":
            return "found nothing, expected a value"
        case "extra_forbidden":
            return "unknown key"
        case _:
            return f"found {described(found)}, expected {message.removeprefix('Input should be ')}"


def _problem(path: Path, message: str) -> ValueError:
    # JSON may hold halves of surrogate pairs, which nobody can print.
    text = f"{dotted(path)}: {message}".encode(errors="backslashreplace").decode()
    return ValueError(text)
