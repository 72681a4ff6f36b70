"""What stands before the samples of a family: its help, its type, and its unit."""

from netwatch.exposition.dialect import Dialect


def header(dialect: Dialect, name: str, kind: str, help_: str, unit: str = "") -> str:
    """Write the lines; `name` and `kind` are in the words of the dialect.

    No help and no unit are no line.
    """
    text = help_.replace("\\", r"\\").replace("\n", r"\n")
    if dialect is Dialect.OPENMETRICS:
        text = text.replace('"', r"\"")
    lines = [f"# HELP {name} {text}\n"] if text else []
    lines.append(f"# TYPE {name} {kind}\n")
    lines += [f"# UNIT {name} {unit}\n"] if unit else []
    return "".join(lines)
