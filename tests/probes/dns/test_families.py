from netwatch.probes.dns.families import FAMILIES
from tests.net.dns_server import dns_server
from tests.probes.dns.asking import WIKI, ask


async def test_every_figure_has_its_family_and_every_family_its_figure() -> None:
    async with dns_server() as server:
        server.zone = WIKI | {"example.": ["60 SOA ns.example. root.example. 7 1 1 1 1"]}
        server.twist = lambda answer: [b"?", answer.to_wire()]
        address = await ask(server.port)
        zone = await ask(server.port, {"query": "example", "query_type": "SOA"})
    assert {*address.values, *zone.values} == {family.key for family in FAMILIES}
