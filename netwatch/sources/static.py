"""Targets that stand in the configuration itself."""

import asyncio
from typing import Annotated, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from netwatch.endpoint import Publisher, Snapshot, Source
from netwatch.source import SourceServices
from netwatch.sources.endpoint import TargetItem, snapshot_of


class StaticOptions(RootModel[Annotated[list[TargetItem], Field(min_length=1)]]):
    """A list of targets: each a host or a URL, or one of them with name, port, zone and labels."""

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="after")
    def _all_different(self) -> Self:
        snapshot_of(self.root)
        return self

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        del services
        return StaticSource(snapshot_of(self.root))


class StaticSource:
    """Says once what it knows."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    async def run(self, publisher: Publisher) -> None:
        """Publish, then wait to be cancelled."""
        publisher.publish(self._snapshot)
        await asyncio.Event().wait()
