"""`netwatch config`: look at a configuration without running it."""

import argparse
import json
import os
import sys
from pathlib import Path

from netwatch.compat.blackbox.modules import read_modules
from netwatch.compat.blackbox.modulesfile import ModulesFile
from netwatch.config import load, schema
from netwatch.defaults import default_config
from netwatch.net.files import UnreadableFileError
from netwatch.validation import ConfigError
from netwatch.web.security import WebConfigFile

STDIN = "-"


def add_config_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and what it can do."""
    parser = subparsers.add_parser("config", help="check or explain the configuration")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say all that is wrong with a file")
    check.add_argument("file", metavar="FILE", help="a configuration file, - for standard input")
    check.set_defaults(run=check_config)
    print_schema = actions.add_parser("schema", help="print the JSON schema of the file")
    print_schema.set_defaults(run=print_config_schema)
    print_default = actions.add_parser("default", help="print what is used without a file")
    print_default.set_defaults(run=print_default_config)


def check_config(args: argparse.Namespace) -> int:
    """Say that a file is right, or every line that is wrong."""
    name = "<stdin>" if args.file == STDIN else args.file
    try:
        text = sys.stdin.buffer.read() if args.file == STDIN else Path(args.file).read_bytes()
        config = load(text, name, os.environ)
        needs_tls = config.web.kubernetes_auth.enabled
        WebConfigFile().load(config.web.config_file, needs_tls=needs_tls)
        modules_file = ModulesFile(lambda options, text: read_modules(text, options.config))
        modules_file.load(config.compat.blackbox)
    except OSError as error:
        print(f"{name}: cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    except (ConfigError, UnreadableFileError) as error:
        print(error, file=sys.stderr)
        return 2
    number = len(config.checks)
    print(f"{name}: ok, {number} {'check' if number == 1 else 'checks'}")
    return 0


def print_config_schema(_args: argparse.Namespace) -> int:
    """Print it as JSON."""
    print(json.dumps(schema(), indent=2))
    return 0


def print_default_config(_args: argparse.Namespace) -> int:
    """Print it as the text that it is."""
    print(default_config(os.environ), end="")
    return 0
