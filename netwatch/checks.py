"""The checks at work: those of the latest configuration, each in a task of its own."""

import asyncio
import logging
from collections.abc import Mapping

from netwatch.check import CheckParts, RunningCheck
from netwatch.config import CheckConfig
from netwatch.exposition.table import Table
from netwatch.known import KnownAddresses
from netwatch.model import Check
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.peers import plan_peers
from netwatch.probe import Engines
from netwatch.source import SourceServices
from netwatch.tracking import Tracker

LOG = logging.getLogger("netwatch.checks")


class Checks:
    """Starts what is new, stops what is gone, and restarts what changed, and only that."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        *,
        engines: Engines,
        cluster: Cluster,
        tracker: Tracker,
        sources: Table,
        peers: Table,
        known: KnownAddresses,
    ) -> None:
        """`sources` is the table of `SOURCE_FAMILIES`, `peers` that of `PEERS_FAMILIES`.

        `known` learns the addresses that they name.
        """
        self._group = group
        self._engines = engines
        self._cluster = cluster
        self._tracker = tracker
        self._sources = sources
        self._peers = peers
        self._known = known
        self._own_name = ""
        self._running: dict[str, tuple[CheckConfig, asyncio.Task[None]]] = {}
        self._checks: dict[str, RunningCheck] = {}

    def __len__(self) -> int:
        return len(self._running)

    async def apply(self, wanted: Mapping[str, CheckConfig], own_name: str = "") -> str:
        """Run exactly these checks; return what that changed, in words.

        `own_name` is this node's, as sources call it.
        """
        renamed = own_name != self._own_name
        self._own_name = own_name
        gone = [name for name in self._running if name not in wanted]
        changed = [
            name
            for name, (config, _) in self._running.items()
            if name in wanted and (renamed or wanted[name] != config)
        ]
        new = [name for name in wanted if name not in self._running]
        await self._stop(gone + changed)
        for name in changed + new:
            self._start(name, wanted[name])
        told = (("new", new), ("changed", changed), ("gone", gone))
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in told if names)

    def complaints(self) -> list[str]:
        """Return what is wrong with the sources."""
        told = (self._checks[name].complaint for name in self._running)
        return [complaint for complaint in told if complaint]

    def _start(self, name: str, config: CheckConfig) -> None:
        running = RunningCheck(
            self._parts(name, config),
            tracker=self._tracker,
            resolve=self._engines.services.resolve,
            sources=self._sources,
            peers=self._peers,
            known=self._known,
            complain=lambda why: LOG.error("%s", why),
        )
        task = self._group.create_task(running.run(), name=f"check {name}")
        self._checks[name] = running
        self._running[name] = (config, task)

    async def _stop(self, names: list[str]) -> None:
        tasks = [self._running.pop(name)[1] for name in names]
        for name in names:
            del self._checks[name]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _parts(self, name: str, config: CheckConfig) -> CheckParts:
        options = config.probe_options
        peers = plan_peers(config.peers, options.interval, options.timeout)
        return CheckParts(
            check=Check(
                name=name,
                probe=config.probe_name,
                interval=options.interval,
                timeout=options.timeout,
                labels=tuple(config.labels.items()),
                histogram=options.histogram,
                rotation=peers.rotation_seconds if peers else 0.0,
                expects_loss=options.expects_loss,
            ),
            source_name=config.source_name,
            source=config.source_options.open(SourceServices(self._cluster, self._own_name)),
            following=options.follow(self._engines),
            resolve_options=config.resolve if options.needs_address else None,
            state_options=config.state,
            peers=peers,
            own_name=self._own_name,
            is_optional=config.optional,
        )
