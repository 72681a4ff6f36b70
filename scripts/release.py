"""Tells whether a tag may become a release: all that has a version must say the same one.

Run it as `python -m scripts.release v1.2.3`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from netwatch import __version__

ROOT = Path(__file__).parent.parent


def disagreements(tag: str, version: str, chart: str, changelog: str) -> Iterator[str]:
    """Yield what is wrong, given the `version` of netwatch and the texts of two files."""
    if tag != f"v{version}":
        yield f"the tag is {tag}, expected v{version}, as netwatch/__init__.py says"
    for key in ("version", "appVersion"):
        if not re.search(rf"^{key}: {re.escape(version)}$", chart, re.MULTILINE):
            yield f"Chart.yaml has another {key}, expected {version}"
    if not re.search(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no heading '## {version} - YYYY-MM-DD'"


def main(tag: str) -> int:
    """Print what is wrong; return 1 if anything is."""
    found = list(
        disagreements(
            tag,
            __version__,
            (ROOT / "charts" / "netwatch" / "Chart.yaml").read_text(),
            (ROOT / "CHANGELOG.md").read_text(),
        )
    )
    print("\n".join(found) or f"{tag} may be released")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
