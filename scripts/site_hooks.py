"""What the site needs beside the documents: patterns in its navigation, and links out of them.

The documents are read in the repository, too, where `../SECURITY.md` is a file; on the site it is
a page of the repository's own.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(\]\()([^)#:\s]+)(#[^)]*)?(\))")


def on_config(config: Any) -> Any:
    """Replace the patterns in the navigation by the files that match."""
    config.nav = _expanded(config.nav, Path(config.docs_dir))
    return config


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Let links that leave the documents lead into the repository."""
    return with_links_into_repository(markdown, page.file.src_uri, config.repo_url)


def with_links_into_repository(markdown: str, page: str, repository: str) -> str:
    """Return the text of `page`, a path below the folder of documents."""

    def outward(link: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link[2]))
        if place.startswith("docs/"):
            return link[0]
        return f"{link[1]}{repository}/blob/main/{place}{link[3] or ''}{link[4]}"

    return _LINK.sub(outward, markdown)


def _expanded(items: list[Any], folder: Path) -> list[Any]:
    found: list[Any] = []
    for item in items:
        match item:
            case str() if "*" in item:
                found += _matches(item, folder)
            case dict():
                [(title, below)] = item.items()
                found += _titled(title, below, folder)
            case _:
                found.append(item)
    return found


def _titled(title: str, below: Any, folder: Path) -> list[Any]:
    if isinstance(below, list):
        return [{title: _expanded(below, folder)}]
    if "*" in below:
        matches = _matches(below, folder)
        return [{title: matches}] if matches else []
    return [{title: below}]


def _matches(pattern: str, folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.glob(pattern))]
