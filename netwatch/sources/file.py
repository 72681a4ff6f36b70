"""Targets from a file that others write, such as a mounted ConfigMap."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from netwatch.endpoint import Publisher, Source
from netwatch.net.files import ChangingFile, follow_file
from netwatch.options import Options, PositiveDuration
from netwatch.source import SourceServices
from netwatch.sources.targetfile import parse_targets


class FileOptions(Options):
    """Which file; its formats are those of `targetfile`."""

    path: Annotated[str, Field(min_length=1)]
    """JSON if it ends in `.json`, else YAML."""
    interval: PositiveDuration = 1.0
    """Time between two looks at whether it changed."""

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        del services
        return FileSource(Path(self.path), self.interval)


class FileSource:
    """Says what the file says; while it is missing or wrong, what it said last stays."""

    def __init__(self, path: Path, interval_seconds: float) -> None:
        self._path = path
        self._interval_seconds = interval_seconds

    async def run(self, publisher: Publisher) -> None:
        """Publish at once and at every change, until cancelled."""

        def on_text(text: str) -> None:
            try:
                snapshot = parse_targets(text, as_json=self._path.suffix == ".json")
            except ValueError as error:
                publisher.fail(f"{self._path}: {error}")
            else:
                publisher.publish(snapshot)

        await follow_file(
            ChangingFile(self._path),
            on_text=on_text,
            on_error=publisher.fail,
            interval_seconds=self._interval_seconds,
        )
