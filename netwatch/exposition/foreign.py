"""The families of other programs on one page: merged by name, so that the page stays valid.

A name stands for one family of one kind, and no series comes twice. Who would break that is
refused, family by family: our own names come first, then whoever was there before.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.header import header
from netwatch.foreign import ForeignFamily, Passage

OUR_PREFIX = "netwatch_"


class Refusal(StrEnum):
    """Why a family is not shown."""

    NAME = "name"  # it is one of ours
    KIND = "kind"  # it is a family of another type, or part of one, that another source has
    LABELS = "labels"  # no label tells its series from those of another source


@dataclass(slots=True, eq=False)
class _Shown:
    """What sources have of one family; all of one kind."""

    names: frozenset[str]
    parts: dict[Hashable, tuple[Mapping[str, str], ForeignFamily]] = field(default_factory=dict)

    @property
    def first(self) -> ForeignFamily:
        return next(family for _, family in self.parts.values())


class ForeignFamilies:
    """What all sources pass on to one page."""

    def __init__(self, reserved: frozenset[str] = frozenset()) -> None:
        """`reserved` are the names of what else the page shows."""
        self.reserved = reserved
        self._shown: dict[str, _Shown] = {}
        self._owners: dict[str, str] = {}
        """Whose family each name is that a sample may have."""

    def __len__(self) -> int:
        """How many families are shown."""
        return len(self._shown)

    def put(self, source: Hashable, passage: Passage) -> Counter[Refusal]:
        """Show what a source passes on in place of all before; return how many series are not."""
        self.remove(source)
        refused: Counter[Refusal] = Counter()
        for family in passage.families:
            if refusal := self._refusal(family, passage.labels):
                refused[refusal] += family.series
                continue
            shown = self._shown.setdefault(family.name, _Shown(family.names))
            shown.parts[source] = (passage.labels, family)
            self._owners |= dict.fromkeys(family.names, family.name)
        return refused

    def remove(self, source: Hashable) -> None:
        """Show nothing of a source."""
        for name, shown in tuple(self._shown.items()):
            shown.parts.pop(source, None)
            if not shown.parts:
                del self._shown[name]
                for taken in shown.names:
                    del self._owners[taken]

    def render(self, dialect: Dialect, names: frozenset[str] = frozenset()) -> Iterator[bytes]:
        """Yield all families of the moment when the first slice is asked for; see `text.render`."""
        chosen = [
            (self._header(shown.first, dialect), [family for _, family in shown.parts.values()])
            for shown in self._shown.values()
            if not names or names & shown.names
        ]
        for heading, parts in chosen:
            yield heading
            for family in parts:
                yield from family.text if dialect is Dialect.TEXT else family.openmetrics

    def render_alone(
        self, dialect: Dialect, names: frozenset[str] = frozenset()
    ) -> Iterator[bytes]:
        """Yield a whole scrape, for a page that shows nothing else."""
        yield from self.render(dialect, names)
        if dialect is Dialect.OPENMETRICS:
            yield b"# EOF\n"

    def _refusal(self, family: ForeignFamily, labels: Mapping[str, str]) -> Refusal | None:
        if family.names & self.reserved or family.name.startswith(OUR_PREFIX):
            return Refusal.NAME
        shown = self._shown.get(family.name)
        if shown is None:
            return Refusal.KIND if self._owners.keys() & family.names else None
        if shown.first.kind != family.kind:
            return Refusal.KIND
        others = (known for known, _ in shown.parts.values())
        return None if all(_told_apart(labels, known) for known in others) else Refusal.LABELS

    def _header(self, family: ForeignFamily, dialect: Dialect) -> bytes:
        name, kind = family.name, family.kind
        if dialect is Dialect.OPENMETRICS:
            name, kind = self._openmetrics_name(family)
        return header(dialect, name, kind, family.help).encode(errors="replace")

    def _openmetrics_name(self, family: ForeignFamily) -> tuple[str, str]:
        """Return name and type.

        A query must find the same names in both formats, so what cannot be called a counter, for
        it has no `_total` or shares its name without, is `unknown`.
        """
        name, stem = family.name, family.name.removesuffix("_total")
        if family.kind != "counter":
            return name, family.kind.replace("untyped", "unknown")
        if stem == name or stem in self._owners or stem in self.reserved:
            return name, "unknown"
        return stem, "counter"


def _told_apart(labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether no series with these labels can be one with the others."""
    return any(labels[name] != others[name] for name in labels.keys() & others.keys())
