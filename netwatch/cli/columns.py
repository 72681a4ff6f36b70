"""Rows of cells as aligned lines; where a row has no figures, its reasons stand in their place."""

from collections.abc import Sequence

from netwatch.model import Target

COUNT_COLUMNS = 4
"""The columns before the first figure."""

Row = tuple[list[str], str]
"""One cell a column, empty where there is no figure; and why there is something wrong."""


def aligned(heads: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the lines, the heads first."""
    columns = list(zip(heads, *(cells for cells, _ in rows), strict=True))
    widths = [max(map(len, column)) for column in columns]
    return [_line(heads, widths), *(_line(cells, widths, reasons) for cells, reasons in rows)]


def called(target: Target, *, by_check: bool) -> str:
    """Return what stands in the first column."""
    return f"{target.check.name}: {target}" if by_check else str(target)


def _line(cells: Sequence[str], widths: Sequence[int], reasons: str = "") -> str:
    if reasons and not cells[COUNT_COLUMNS]:
        cells, widths = cells[:COUNT_COLUMNS], widths[:COUNT_COLUMNS]
    first, *others = zip(cells, widths, strict=True)
    padded = [f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
    return " " + "  ".join([*padded, reasons]).rstrip()
