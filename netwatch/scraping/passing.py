"""Writes out what is passed on of the samples that are read; pure."""

from collections import Counter
from dataclasses import dataclass, field

from netwatch.foreign import ForeignFamily, Passage
from netwatch.scraping.names import matches_any
from netwatch.scraping.options import KEPT_LABELS, PassOptions
from netwatch.wire.promline import Labels, TextSample, escaped, write_series
from netwatch.wire.promtext import TextFamily

SLICE_LINES = 100
"""So much is shown at a time: well below a millisecond, also where it is compressed."""


@dataclass(slots=True, eq=False)
class _Written:
    """A family as it is written out so far."""

    source: TextFamily
    prefix: str
    series: int = 0
    known: set[int] = field(default_factory=set)
    """Its series, to notice one that comes twice: hashes, since to let go of texts takes 5 ms."""
    lines: list[str] = field(default_factory=list)
    openmetrics_lines: list[str] = field(default_factory=list)
    text: list[bytes] = field(default_factory=list)
    openmetrics: list[bytes] = field(default_factory=list)

    def add(self, line: str, openmetrics_line: str) -> None:
        self.lines.append(line)
        self.openmetrics_lines.append(openmetrics_line)
        if len(self.lines) == SLICE_LINES:
            self.flush()

    def flush(self) -> None:
        text = _encoded(self.lines)
        differs = self.lines != self.openmetrics_lines
        self.text.append(text)
        self.openmetrics.append(_encoded(self.openmetrics_lines) if differs else text)
        self.lines.clear()
        self.openmetrics_lines.clear()

    def family(self) -> ForeignFamily:
        if self.lines:
            self.flush()
        return ForeignFamily(
            name=self.prefix + self.source.name,
            kind=self.source.kind,
            help=self.source.help,
            names=frozenset(self.prefix + name for name in self.source.names),
            text=tuple(self.text),
            openmetrics=tuple(self.openmetrics),
            series=self.series,
        )


class Passing:
    """Takes the samples of one target as they are read, and makes its passage of them."""

    def __init__(self, options: PassOptions, target_name: str) -> None:
        self._options = options
        added = dict(options.labels)
        if options.target_label:
            added[options.target_label] = target_name
        self._labels = {name: value for name, value in added.items() if value}
        self._added = {name: escaped(value) for name, value in self._labels.items()}
        self._written: dict[str, _Written | None] = {}
        self._label_names: dict[str, str] = {}
        self._dropped: Counter[str] = Counter()

    def take(self, family: TextFamily, sample: TextSample) -> None:
        """Write a sample out, if its family is wanted."""
        if family.name not in self._written:
            self._written[family.name] = self._begun(family)
        written = self._written[family.name]
        if written is not None:
            self._write(written, sample)

    def passage(self, *, invalid_lines: int = 0) -> Passage:
        """Return what was taken; families that would be more than `max_series` are left out."""
        self._dropped += Counter(invalid=invalid_lines)
        left, families = self._options.max_series, []
        for written in filter(None, self._written.values()):
            if written.series > left:
                self._dropped["limit"] += written.series
            else:
                left -= written.series
                families.append(written.family())
        return Passage(
            families=tuple(families),
            labels=self._labels,
            path=self._options.page,
            dropped=dict(self._dropped),
        )

    def _begun(self, family: TextFamily) -> _Written | None:
        options, name = self._options, family.name
        if not matches_any(options.allow, name) or matches_any(options.deny, name):
            return None
        return _Written(family, options.prefix if matches_any(options.prefixed, name) else "")

    def _write(self, written: _Written, sample: TextSample) -> None:
        series = write_series(written.prefix + sample.name, self._relabelled(sample.labels))
        key = hash(series)
        if key in written.known:
            self._dropped["duplicate"] += 1
            return
        written.known.add(key)
        written.series += 1
        if written.series > self._options.max_series:
            return  # none of it is shown
        milliseconds = sample.timestamp_milliseconds
        if milliseconds is None or not self._options.honor_timestamps:
            line = f"{series} {sample.value}\n"
            written.add(line, line)
        else:
            start = f"{series} {sample.value}"
            written.add(f"{start} {milliseconds}\n", f"{start} {milliseconds / 1000:.3f}\n")

    def _relabelled(self, labels: Labels) -> Labels:
        """Return the labels as they are shown, in order; an empty one is none."""
        called = [(self._label_name(name), value) for name, value in labels if value]
        return tuple(sorted(({n: value for n, value in called if n} | self._added).items()))

    def _label_name(self, name: str) -> str:
        """Return how a label is called from now on; "" where it is dropped."""
        if name not in self._label_names:
            self._label_names[name] = self._chosen_label_name(name)
        return self._label_names[name]

    def _chosen_label_name(self, name: str) -> str:
        if name in KEPT_LABELS:
            return name
        if matches_any(self._options.drop_labels, name):
            return ""
        name = self._options.rename_labels.get(name, name)
        return f"exported_{name}" if name in self._added else name


def _encoded(lines: list[str]) -> bytes:
    return "".join(lines).encode(errors="replace")
