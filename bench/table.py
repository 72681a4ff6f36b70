"""Tables of figures: as people read them in a terminal, and in the document."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """What one measurement gave: `caption` says what the cells are, the first column of what."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """The caption and the table in Markdown, with its columns in line."""
        rule = ["---", *("---:" for _ in self.headings[1:])]
        lines = [self.headings, rule, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join([self.caption, "", *(_line(cells, widths) for cells in lines)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def placed(document: str, name: str, content: str) -> str:
    """Return the document with `content` between the markers of `name`, in place of what was there.

    Raises ValueError where the document has no such markers.
    """
    start, end = f"<!-- {name}: made by scripts/bench -->\n", f"<!-- end of {name} -->\n"
    before, found_start, rest = document.partition(start)
    _, found_end, after = rest.partition(end)
    if not found_start or not found_end:
        raise ValueError(f"found no markers of {name}, expected {start.strip()} … {end.strip()}")
    return f"{before}{start}\n{content}\n\n{end}{after}"
