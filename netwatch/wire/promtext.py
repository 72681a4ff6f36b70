"""Reads the Prometheus text format 0.0.4, and OpenMetrics text, piece by piece.

Nothing ends the reading: a line that is wrong is dropped and counted, because the rest of what a
sick program says is what one wants to know. What Prometheus would refuse as a whole is settled
here: families of one name are one, the first TYPE of a name holds, and a name belongs to one
family, so that what was read can be shown again.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from netwatch.wire.promline import MAX_LINE_BYTES, TextSample, parse_sample, unescaped

PIECE_BYTES = 8192
"""To read so much takes about half a millisecond."""

MAX_FAMILIES = 1000
"""Nobody has more; they would have to be looked through without giving way."""

ACCEPT = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5, */*;q=0.1"
"""What to ask for: this format before all others."""

_ENDS: Mapping[str, tuple[str, ...]] = {
    "counter": ("",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
    "untyped": ("",),
}
# What OpenMetrics adds, in the words of the text format; `gaugehistogram` has none, and its
# samples are untyped.
_OPENMETRICS_KINDS = {"unknown": "untyped", "info": "gauge", "stateset": "gauge"}
_OPENMETRICS_ENDS = {"counter": "_total", "info": "_info"}

_COMMENT = re.compile(r"#[ \t]++(HELP|TYPE)[ \t]++([a-zA-Z_:][a-zA-Z0-9_:]*+)(?:[ \t]++(.*+))?")


@dataclass(slots=True, eq=False)
class TextFamily:
    """A family: `kind` is counter, gauge, histogram, summary or untyped, `name` what a query says.

    In OpenMetrics the name of a counter has no `_total`; here it has it.
    """

    name: str
    kind: str = "untyped"
    help: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The family's name, and those that its samples may have."""
        return frozenset({self.name, *(self.name + end for end in _ENDS[self.kind])})


class TextReader:
    """Takes whole lines, and keeps the `families` that they declare by name, in their order.

    Samples are not kept: 40,000 objects would cost the collector of garbage 10 ms at a time.
    """

    def __init__(
        self, take: Callable[[TextFamily, TextSample], None], *, openmetrics: bool = False
    ) -> None:
        """`take` is told each sample, and whose it is."""
        self.families: dict[str, TextFamily] = {}
        self.invalid_lines = 0
        self._take = take
        self._openmetrics = openmetrics
        self._owners: dict[str, TextFamily | None] = {}
        """Whose each name of a sample is; None where such samples are passed over."""
        self._helps: dict[str, str] = {}
        self._declared: dict[str, TextFamily] = {}
        """Families by the name that their comments say."""

    def read(self, lines: bytes) -> None:
        """Take whole lines. What is no UTF-8 is U+FFFD."""
        if len(lines) >= MAX_LINE_BYTES:
            lines = self._without_long_ones(lines)
        for line in lines.decode("utf-8", "replace").split("\n"):
            if line.startswith("#"):
                self._comment(line)
            elif line and not line.isspace():
                self._sample(line)

    def _without_long_ones(self, lines: bytes) -> bytes:
        every = lines.split(b"\n")
        kept = [line for line in every if len(line) < MAX_LINE_BYTES]
        self.invalid_lines += len(every) - len(kept)
        return b"\n".join(kept)

    def _sample(self, line: str) -> None:
        sample = parse_sample(line, openmetrics=self._openmetrics)
        if sample is None:
            self.invalid_lines += 1
            return
        if sample.name not in self._owners and not self._begin(sample.name, sample.name, "untyped"):
            self.invalid_lines += 1
            return
        family = self._owners[sample.name]
        if family is None:
            return
        if _lacks_label(family, sample):
            self.invalid_lines += 1
        else:
            self._take(family, sample)

    def _comment(self, line: str) -> None:
        match = _COMMENT.fullmatch(line)
        if match is None:
            return  # whatever else begins like this is a comment, or `# EOF`
        keyword, name, text = match.groups("")
        if keyword == "TYPE":
            self.invalid_lines += not self._declare(name, text.strip())
        else:
            self._help(name, unescaped(text))

    def _help(self, name: str, text: str) -> None:
        """Keep a help; it may come after what it is about."""
        family = self._declared.get(name)
        if family is not None:
            family.help = family.help or text
        elif len(self._helps) < MAX_FAMILIES:
            self._helps[name] = text

    def _declare(self, declared: str, kind: str) -> bool:
        """Return whether the line is right: of a kind there is, and no other claims its names."""
        if self._openmetrics and kind == "gaugehistogram":
            return True
        known = _OPENMETRICS_KINDS.get(kind, kind) if self._openmetrics else kind
        if known not in _ENDS:
            return False
        name = declared + (_OPENMETRICS_ENDS.get(kind, "") if self._openmetrics else "")
        if name in self.families:
            return self.families[name].kind == known
        family = TextFamily(name, known)
        if any(name in self._owners for name in family.names):
            return False
        if not self._begin(declared, name, known):
            return False
        if self._openmetrics and known in {"counter", "histogram", "summary"}:
            self._owners.setdefault(f"{declared}_created", None)
        return True

    def _begin(self, declared: str, name: str, kind: str) -> bool:
        """Begin a family, unless its name is taken or there are too many."""
        if name in self.families or len(self.families) == MAX_FAMILIES:
            return False
        family = TextFamily(name, kind, self._helps.get(declared, ""))
        self.families[name] = self._declared[declared] = family
        self._owners.update(dict.fromkeys((name + end for end in _ENDS[kind]), family))
        return True


def read(reader: TextReader, parts: Iterable[bytes]) -> Iterator[None]:
    """Have a body read, which came in parts, giving way after each `PIECE_BYTES`.

    A line that is too long, and a last one without its end, are dropped: who knows what was cut.
    """
    rest = b""
    for piece in _pieces(parts):
        lines, _, rest = (rest + piece).rpartition(b"\n")
        rest = rest[:MAX_LINE_BYTES]  # enough to see that it is too long
        reader.read(lines)
        yield
    reader.invalid_lines += bool(rest)


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        for start in range(0, len(part), PIECE_BYTES):
            yield part[start : start + PIECE_BYTES]


def _lacks_label(family: TextFamily, sample: TextSample) -> bool:
    """Whether the label is missing that tells the buckets, or quantiles, of a series apart."""
    if family.kind == "histogram":
        return sample.name.endswith("_bucket") and not sample.label("le")
    return family.kind == "summary" and sample.name == family.name and not sample.label("quantile")
