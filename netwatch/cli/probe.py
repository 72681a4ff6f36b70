"""`netwatch probe`: the checks of a configuration, or the default ones, once."""

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from netwatch.cli.once import Assignment, SourceFailedError, first_snapshot, resolved
from netwatch.cli.run import add_run_arguments, add_verbose_argument, run_once
from netwatch.config import CheckConfig, Config
from netwatch.configfile import ConfigFile
from netwatch.endpoint import Snapshot
from netwatch.model import Check, Target
from netwatch.net.files import UnreadableFileError
from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.login import login
from netwatch.net.resolver import Resolver
from netwatch.source import SourceServices
from netwatch.validation import ConfigError

INTERVAL_SECONDS = 0.2
"""Shorter than a check's own: somebody waits for the answer."""


class UnknownCheckError(Exception):
    """The configuration has no check of that name."""


def add_probe_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "probe",
        help="run the checks of the configuration once, and say what is wrong",
        description="Runs the checks of the configuration, all or those named, once and says what "
        "is wrong. `netwatch probe KIND TARGET…` probes targets that no configuration names, for "
        "example `netwatch probe icmp 10.0.0.7`.",
    )
    parser.add_argument("checks", metavar="CHECK", nargs="*", help="names of checks; all if none")
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration file")
    add_run_arguments(parser)
    add_verbose_argument(parser)
    parser.set_defaults(run=run_probe)


def run_probe(args: argparse.Namespace) -> int:
    """Run the checks; exit 0 all is well, 1 something is not, 2 configuration or own trouble."""
    config_file = ConfigFile(args.config, os.environ)
    try:
        config = config_file.load()
        checks = _chosen(config, args.checks)
    except (ConfigError, UnreadableFileError, UnknownCheckError) as error:
        print(error, file=sys.stderr)
        return 2
    assignments, complaints = asyncio.run(_assign(checks, config.node_name or socket.gethostname()))
    return run_once(assignments, args, by_check=True, complaints=complaints)


def _chosen(config: Config, names: list[str]) -> dict[str, CheckConfig]:
    unknown = [name for name in names if name not in config.checks]
    if unknown:
        known = ", ".join(config.checks)
        raise UnknownCheckError(
            f"no check is called {unknown[0]!r}, expected one of {known}; "
            "without a configuration it is `netwatch probe icmp TARGET`"
        )
    return {name: config.checks[name] for name in names or config.checks}


async def _assign(
    checks: dict[str, CheckConfig], node_name: str
) -> tuple[list[Assignment], list[str]]:
    """Ask the sources of all checks at once for their targets; return also what went wrong."""
    cluster = Cluster(Api(login(os.environ), Resolver().resolve))
    services = SourceServices(cluster, node_name)
    async with asyncio.TaskGroup() as group:
        keeping_up = group.create_task(cluster.run(), name="cluster")
        asked = [
            group.create_task(_ask(name, config, services), name=f"ask {name}")
            for name, config in checks.items()
        ]
        await asyncio.wait(asked)
        keeping_up.cancel()
    answers = [task.result() for task in asked]
    found = [assignment for assignments, _ in answers for assignment in assignments]
    return found, [complaint for _, complaint in answers if complaint]


async def _ask(
    name: str, config: CheckConfig, services: SourceServices
) -> tuple[list[Assignment], str]:
    try:
        snapshot = await first_snapshot(config.source_options.open(services))
    except SourceFailedError as error:
        return [], f"{name}: {error}"
    is_well = bool(snapshot) or config.optional
    complaint = "" if is_well else f"{name}: its source names no target"
    resolve = config.resolve if config.probe_options.needs_address else None
    return list(_assignments(name, config, await resolved(snapshot, resolve))), complaint


def _assignments(name: str, config: CheckConfig, endpoints: Snapshot) -> Iterator[Assignment]:
    options = config.probe_options
    check = Check(
        name=name,
        probe=config.probe_name,
        interval=options.interval,
        timeout=options.timeout,
        expects_loss=options.expects_loss,
    )
    hurried = options.model_copy(update={"interval": min(options.interval, INTERVAL_SECONDS)})
    for endpoint in endpoints:
        if endpoint.state == "leaving" or endpoint.is_own:
            continue  # nobody wants to hear of it
        labels = tuple((dict(config.labels) | dict(endpoint.labels)).items())
        yield Assignment(Target(check, replace(endpoint, labels=labels)), hurried)
