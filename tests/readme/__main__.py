"""Runs the commands of README.md in a network of its own, and writes down what netwatch says."""

import os
import tempfile
from pathlib import Path

from tests.namespaces import Namespace
from tests.readme.lan import lan
from tests.readme.session import README, rewritten


def main() -> None:
    """Write all sessions of the README anew; needs root, ip(8), nft(8) and dnsmasq(8)."""
    os.environ.pop("KUBERNETES_SERVICE_HOST", None)  # a pod would watch its cluster
    made: list[Namespace] = []

    def make(name: str) -> Namespace:
        made.append(Namespace(name))
        return made[-1]

    with tempfile.TemporaryDirectory() as folder, lan(make, Path(folder)) as network:
        README.write_text(rewritten(README.read_text(), network.run))
    for namespace in made:
        namespace.close()


if __name__ == "__main__":
    main()
