"""What the tests of the DNS probe share: one attempt at a server on loopback."""

from collections.abc import Mapping

from netwatch.attempt import make_attempt
from netwatch.endpoint import Endpoint
from netwatch.model import Check, Result, Target
from netwatch.net.resolver import Answer, NameUnknown
from netwatch.probe import Services
from netwatch.probes.dns import DnsOptions

WIKI = {"wiki.example.": ["300 A 127.0.0.7", "300 AAAA ::7", "20 TXT secret"]}


async def knows_localhost(host: str) -> Answer:
    """Resolve as a system does that knows one name."""
    if host != "localhost":
        raise NameUnknown(f"{host}: 127.0.0.1 said NXDOMAIN")
    return Answer(("127.0.0.1",), (), 0)


async def ask(
    port: int,
    options: Mapping[str, object] | None = None,
    *,
    host: str = "127.0.0.1",
    told: list[str] | None = None,
) -> Result:
    """Make one attempt with these options, as YAML has them; what is noted goes to `told`."""
    said = DnsOptions.model_validate({"query": "wiki.example", "timeout": "3s", **(options or {})})
    check = Check(name="dns", probe="dns", interval=said.interval, timeout=said.timeout)
    address = "127.0.0.1" if host == "localhost" else host
    endpoint = Endpoint(
        name=host, host=host, address=address, family=6 if ":" in address else 4, port=port
    )
    probe = said.open(Services(knows_localhost))
    note = (told if told is not None else []).append
    return await make_attempt(probe, Target(check, endpoint), said.timeout, note=note)
