"""Rows of cells as aligned lines; where a row has no figures, its reasons stand in their place."""

from collections.abc import Sequence

from netwatch.model import Target

COUNT_COLUMNS = 3
"""Those after the words and before the first figure."""

Row = tuple[list[str], str]
"""One cell a column, empty where there is no figure; and why there is something wrong."""


def aligned(heads: Sequence[str], rows: Sequence[Row], *, words: int = 1) -> list[str]:
    """Return the lines, the heads first; the first `words` columns are no numbers."""
    columns = list(zip(heads, *(cells for cells, _ in rows), strict=True))
    widths = [max(map(len, column)) for column in columns]
    lines = (_line(cells, widths, words, reasons) for cells, reasons in rows)
    return [_line(heads, widths, words), *lines]


def called(target: Target, *, by_check: bool) -> str:
    """Return what stands in the first column."""
    return f"{target.check.name}: {target}" if by_check else str(target)


def _line(cells: Sequence[str], widths: Sequence[int], words: int, reasons: str = "") -> str:
    counted = words + COUNT_COLUMNS
    if reasons and not cells[counted]:
        cells, widths = cells[:counted], widths[:counted]
    sides = "<" * words + ">" * (len(cells) - words)
    padded = (
        f"{cell:{side}{width}}" for cell, side, width in zip(cells, sides, widths, strict=True)
    )
    return " " + "  ".join([*padded, reasons]).rstrip()
