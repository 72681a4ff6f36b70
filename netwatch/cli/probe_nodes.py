"""`netwatch probe nodes`: ping the nodes of a cluster once, without a configuration."""

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from netwatch.cli.flags import Flag, flags_of, said_in, validated
from netwatch.cli.once import Assignment, SourceFailedError, first_snapshot, resolved
from netwatch.cli.probe_icmp import add_icmp_arguments, icmp_options
from netwatch.cli.run import add_run_arguments, run_once
from netwatch.endpoint import Publisher, Snapshot, Source
from netwatch.model import Check, Target
from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.login import LogIn, login
from netwatch.net.resolver import Resolver
from netwatch.resolution import ResolveOptions
from netwatch.source import SourceServices
from netwatch.sources.nodes import NodesOptions

FLAGS = ("--address", "--family", "--selector")
"""Options of the source that matter to who looks once."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """A source, and the cluster that it asks."""

    cluster: Cluster
    source: Source

    async def run(self, publisher: Publisher) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.cluster.run(), name="cluster")
            group.create_task(self.source.run(publisher), name="nodes")


def add_probe_nodes_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "probe nodes",
        help="ping the nodes of the cluster",
        description="Asks the cluster for its nodes, in a pod as its service account and elsewhere "
        "as kubectl would, and pings all but this one and those that are being taken away. With "
        "--config it is the check of that name instead.",
    )
    parser.add_argument(
        "--kubeconfig",
        metavar="FILE",
        default="",
        help="how to reach the cluster (default: the service account, $KUBECONFIG, ~/.kube/config)",
    )
    flags = [flag for flag in flags_of(NodesOptions) if flag.name in FLAGS]
    for flag in flags:
        flag.add_to(parser)
    add_icmp_arguments(parser)
    add_run_arguments(parser)
    parser.set_defaults(run=partial(run_probe_nodes, flags=flags))


def run_probe_nodes(args: argparse.Namespace, *, flags: Sequence[Flag]) -> int:
    """Ping; exit 0 all answer, 1 not all, 2 usage, a cluster that does not say, or own trouble."""
    try:
        options = icmp_options(args)
        # Who looks wants to know whether a node is ready, however young it is.
        which = validated(NodesOptions, {**said_in(args, flags), "grace": "0s"})
        log_in = login(os.environ, kubeconfig=args.kubeconfig)
        nodes = asyncio.run(_other_nodes(which, log_in))
    except (ValueError, SourceFailedError) as error:
        print(f"netwatch probe nodes: {error}", file=sys.stderr)
        return 2
    check = Check(
        name="nodes",
        probe="icmp",
        interval=options.interval,
        timeout=options.timeout,
        expects_loss=options.expects_loss,
    )
    assignments = [Assignment(Target(check, node), options) for node in nodes]
    return run_once(assignments, args, by_check=False)


async def _other_nodes(options: NodesOptions, log_in: LogIn) -> Snapshot:
    """Return the nodes that are there to be pinged. Raises SourceFailedError."""
    cluster = Cluster(Api(log_in, Resolver().resolve))
    # The name of the node in a pod, where the chart tells it.
    own_name = os.environ.get("NODE_NAME") or socket.gethostname()
    source = options.open(SourceServices(cluster, own_name))
    found = await first_snapshot(_Asking(cluster, source))
    others = [node for node in found if node.state != "leaving" and not node.is_own]
    if not others:
        wanted = f" that matches {options.selector!r}" if options.selector else ""
        raise SourceFailedError(f"found no other node{wanted} with an {options.address}")
    return await resolved(others, ResolveOptions(family=options.family))
