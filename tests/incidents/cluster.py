"""Four nodes in two zones, for the stories of docs/incidents.md.

node-1 ─┐                  ┌─ node-3
        ├─ zone-a ─ zone-b ┤           node-N has the address 10.9.N.1
node-2 ─┘                  └─ node-4
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.namespaces import Namespace, connect
from tests.programs import run_netwatch, with_file

NODES_OF_ZONE = {"zone-a": (1, 2), "zone-b": (3, 4)}
BETWEEN_ZONES = 9


class Cluster:
    """Its namespaces, by name."""

    def __init__(self, make: Callable[[str], Namespace], folder: Path) -> None:
        """`folder` is where files for commands are, such as `netwatch.yaml`."""
        self.folder = folder
        self.zones = {zone: make(zone) for zone in NODES_OF_ZONE}
        self.nodes: dict[str, Namespace] = {}
        for zone, numbers in NODES_OF_ZONE.items():
            self.zones[zone].sysctl("net.ipv4.ip_forward", 1)
            for number in numbers:
                node = self.nodes[f"node-{number}"] = make(f"node-{number}")
                connect(node, self.zones[zone], number)
                node.ip(f"route add default via 10.9.{number}.2")
        connect(self.zones["zone-a"], self.zones["zone-b"], BETWEEN_ZONES)
        self._route("zone-a", to="zone-b", via=2)
        self._route("zone-b", to="zone-a", via=1)

    def _route(self, zone: str, *, to: str, via: int) -> None:
        for number in NODES_OF_ZONE[to]:
            self.zones[zone].ip(f"route add 10.9.{number}.0/24 via 10.9.{BETWEEN_ZONES}.{via}")

    def run(self, node: str, arguments: Sequence[str]) -> str:
        """Return what `netwatch ARGUMENTS…` says to a terminal on a node."""
        prefix: tuple[str, ...] = ()
        if (resolv_conf := self.folder / "resolv.conf").exists():
            prefix = with_file("/etc/resolv.conf", resolv_conf)
        files = {path.name: str(path) for path in self.folder.iterdir()}
        words = [files.get(word, word) for word in arguments]
        with self.nodes[node]:
            done = run_netwatch(*words, "--output", "table", prefix=prefix)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout


@contextmanager
def made_alone(folder: Path) -> Iterator[Cluster]:
    """Give a cluster outside of tests; needs root, ip(8) and nft(8)."""
    made: list[Namespace] = []

    def make(name: str) -> Namespace:
        made.append(Namespace(name))
        return made[-1]

    yield Cluster(make, folder)
    for namespace in made:
        namespace.close()
