"""The network of the README and the quick start: a host whose gateway and neighbours are well.

host ── eth0 ── others       10.0.0.9 and fd00:9::9; the gateway is 10.0.0.1 and fd00:9::1,
                             the name server 10.0.0.53, a neighbour 10.0.0.7
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.dnsmasq import dnsmasq
from tests.namespaces import Namespace
from tests.programs import NETWATCH, Agent, eventually, run_netwatch, with_file

NAME_SERVER = "10.0.0.53"
OTHERS = ("10.0.0.1/24", "10.0.0.7/24", f"{NAME_SERVER}/24", "fd00:9::1/64")
HOST = ("10.0.0.9/24", "fd00:9::9/64")
TARGETS = 6
"""Those of the default checks: three in `local`, two in `local-large`, one in `local-dns`."""

_UP = re.compile(r"INFO local\S*: .* is up")


class Lan:
    """Runs netwatch on the host."""

    def __init__(self, host: Namespace, folder: Path) -> None:
        """`folder` is where files for commands are, such as `netwatch.yaml`."""
        self._host = host
        self._folder = folder
        resolv_conf = folder / "resolv.conf"
        resolv_conf.write_text(f"nameserver {NAME_SERVER}\n")
        self._prefix = with_file("/etc/resolv.conf", resolv_conf)

    def run(self, arguments: Sequence[str], codes: Collection[int] = (0, 1)) -> str:
        """Return what `netwatch ARGUMENTS…` says to a terminal, ending with one of these codes.

        An agent is stopped as soon as it has found all targets of the default checks up.
        """
        words = [str(self._folder / word) if word.endswith(".yaml") else word for word in arguments]
        if words[:1] in ([], ["agent"]):
            return self._agent(words[1:])
        output = ["--output", "table"] if words[0] == "probe" else []
        with self._host:
            done = run_netwatch(*words, *output, prefix=self._prefix)
        assert done.returncode in codes, done.stderr
        return done.stdout

    def _agent(self, options: Sequence[str]) -> str:
        command = [*self._prefix, *NETWATCH, "agent", "--log-format", "text", *options]
        with self._host:
            agent = Agent(command, self._folder)
        try:
            eventually(lambda: len(_UP.findall(agent.log)) == TARGETS, lambda: agent.log)
        finally:
            agent.kill()
        return agent.log


@contextmanager
def lan(make: Callable[[str], Namespace], folder: Path) -> Iterator[Lan]:
    """Give the network; `make` makes namespaces by name."""
    host, others = make("host"), make("others")
    others.ip(f"link add eth0 type veth peer name eth0 netns {host.path}")
    for namespace in (host, others):
        namespace.ip("link set eth0 up")
    for namespace, addresses in ((host, HOST), (others, OTHERS)):
        namespace.wait_until_up("eth0")
        for address in addresses:
            namespace.add_address(address, "eth0")
    host.ip("route add default via 10.0.0.1")
    host.ip("route add default via fd00:9::1")
    with ExitStack() as running:
        with others:
            running.enter_context(dnsmasq(address=NAME_SERVER, port=53))
        yield Lan(host, folder)
