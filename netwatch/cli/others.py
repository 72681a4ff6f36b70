"""All commands but `netwatch agent`: those that somebody waits for, and that end by themselves."""

import argparse
from collections.abc import Mapping

from netwatch.cli.config import add_config_parser
from netwatch.cli.probe import add_probe_parser
from netwatch.cli.probe_attempts import add_probe_attempts_parser
from netwatch.cli.probe_dns import add_probe_dns_parser
from netwatch.cli.probe_icmp import add_probe_icmp_parser
from netwatch.cli.probe_nodes import add_probe_nodes_parser
from netwatch.cli.udp_echo import add_udp_echo_parser
from netwatch.probe import AttemptOptions, ProbeOptions


def add_other_parsers(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    probes: Mapping[str, type[ProbeOptions]],
) -> None:
    """Register them, in the order in which the help tells of them."""
    add_probe_parser(commands)
    add_probe_dns_parser(commands)
    add_probe_icmp_parser(commands)
    add_probe_nodes_parser(commands)
    for kind, options in probes.items():
        has_its_own = f"probe {kind}" in commands.choices
        if issubclass(options, AttemptOptions) and not has_its_own:
            add_probe_attempts_parser(commands, kind, options)
    add_udp_echo_parser(commands)
    add_config_parser(commands)
