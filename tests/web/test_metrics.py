import asyncio
import gzip
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NoReturn

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from prometheus_client import CollectorRegistry, Gauge

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.store import Store
from netwatch.foreign import ForeignFamily, Passage
from netwatch.model import Outcome, Target
from netwatch.probes import PROBES
from netwatch.rendering import Renderer
from netwatch.sinks.prometheus import PrometheusSink
from netwatch.web.app import make_app
from netwatch.web.listeners import Listeners
from netwatch.web.metrics import MetricsHandler
from netwatch.wire.listen import ListenAddress
from tests.net.ping.pinging import PATIENT, Record, running, target_at, until
from tests.nouns import a_batch, a_check, a_target
from tests.programs import Scrape

Client = TestClient[Request, Application]

SENT = "netwatch_icmp_packets_sent_total"
RECEIVED = "netwatch_icmp_packets_received_total"
LOST = "netwatch_icmp_packets_lost_total"
ERRORS = "netwatch_icmp_errors_total"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
MANY = 1000
"""So many targets are rendered in dozens of slices."""


class House:
    """A sink with targets, and the handler that shows it."""

    def __init__(self, size: int) -> None:
        self.sink = PrometheusSink(PROBES)
        check = a_check()
        self.targets = [a_target(str(number), check=check) for number in range(size)]
        self.sink.begin(check)
        for target in self.targets:
            self.sink.join(target)
        registry = CollectorRegistry()
        Gauge("about_itself", "One of the few series of the agent.", registry=registry).set(5)
        store = Store(registry)
        for table in self.sink.tables:
            store.add(table)
        self.renders = self.most_renders = 0
        self.app = Application()
        self.pages: dict[str, ForeignFamilies] = {}
        self.handler = MetricsHandler(store, Renderer(self._held), self.pages.get)
        self.app.router.add_get("/metrics", self.handler.handle)
        self.app.router.add_get("/metrics/{page}", self.handler.handle_page)

    def whole_app(self) -> Application:
        """Return the application of the agent, of which all else is not asked."""
        return make_app(
            metrics=self.handler,
            standings=tuple,
            is_ready=lambda: True,
            reload=lambda: None,
            config=str,
            probe=self.handler.handle,
        )

    @contextmanager
    def _held(self) -> Iterator[None]:
        self.renders += 1
        self.most_renders = max(self.renders, self.most_renders)
        with self.sink.held():
            yield
        self.renders -= 1

    def count(self, target: Target) -> None:
        self.sink.take(a_batch(target, Outcome.OK, Outcome.TIMEOUT, Outcome.UNREACHABLE))


@asynccontextmanager
async def client_of(house: House) -> AsyncIterator[Client]:
    server, plain = TestServer(house.app), ["Accept-Encoding"]
    async with TestClient(server, auto_decompress=False, skip_auto_headers=plain) as client:
        yield client


async def scraped(client: Client, query: str = "") -> Scrape:
    async with client.get(f"/metrics{query}") as response:
        assert response.status == 200
        return Scrape(await response.text())


async def test_prometheus_text_is_what_a_browser_gets() -> None:
    house = House(1)
    house.count(house.targets[0])
    async with client_of(house) as client, client.get("/metrics") as response:
        assert response.headers["Content-Type"] == Dialect.TEXT.content_type
        assert "Content-Encoding" not in response.headers
        scrape = Scrape(await response.text())
    assert scrape.value(SENT, target="0") == 3
    assert scrape.value("about_itself") == 5


async def test_openmetrics_is_what_asks_for_it_and_it_ends_as_it_must() -> None:
    house = House(1)
    house.count(house.targets[0])
    headers = {"Accept": f"{OPENMETRICS},text/plain;version=0.0.4;q=0.5"}
    async with client_of(house) as client, client.get("/metrics", headers=headers) as response:
        assert response.headers["Content-Type"] == Dialect.OPENMETRICS.content_type
        assert response.headers["Vary"] == "Accept, Accept-Encoding"
        text = await response.text()
    assert text.endswith("\n# EOF\n")
    assert Scrape(text, Dialect.OPENMETRICS).value(RECEIVED, target="0") == 1


async def test_whoever_accepts_gzip_gets_the_same_zipped() -> None:
    async with client_of(House(100)) as client:
        headers = {"Accept-Encoding": "gzip"}
        async with client.get("/metrics", headers=headers) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            zipped = await response.read()
        async with client.get("/metrics", headers={"Accept-Encoding": "identity"}) as response:
            plain = await response.read()
    assert gzip.decompress(zipped) == plain
    assert len(zipped) < len(plain) / 4


async def test_names_restrict_what_is_shown() -> None:
    async with client_of(House(1)) as client:
        scrape = await scraped(client, f"?name[]={SENT}&name[]=about_itself")
        assert {sample.name for sample in scrape.samples} == {SENT, "about_itself"}
        assert (await scraped(client, "?name[]=nothing")).samples == []


async def test_a_page_of_others_is_there_while_it_shows_something() -> None:
    house, foreign, text = House(1), ForeignFamilies(), (b"theirs 1\n",)
    family = ForeignFamily(
        name="theirs",
        kind="gauge",
        help="",
        names=frozenset({"theirs"}),
        text=text,
        openmetrics=text,
        series=1,
    )
    foreign.put("them", Passage(families=(family,)))
    async with client_of(house) as client:
        async with client.get("/metrics/them") as response:
            assert response.status == 404
        house.pages["/metrics/them"] = foreign
        async with client.get("/metrics/them") as response:
            assert await response.text() == "# TYPE theirs gauge\ntheirs 1\n"
        async with client.get("/metrics/them", headers={"Accept": OPENMETRICS}) as response:
            assert response.headers["Content-Type"] == Dialect.OPENMETRICS.content_type
            assert (await response.text()).endswith("theirs 1\n# EOF\n")


async def test_head_tells_the_length_and_sends_nothing() -> None:
    async with client_of(House(1)) as client:
        async with client.get("/metrics") as response:
            length = response.headers["Content-Length"]
        async with client.head("/metrics") as response:
            assert (response.status, response.headers["Content-Length"]) == (200, length)
            assert await response.read() == b""


async def test_one_who_leaves_early_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    house = House(10 * MANY)
    async with client_of(house) as client:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: netwatch\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n# HELP")
        writer.transport.abort()
        await writer.wait_closed()
        assert (await scraped(client, f"?name[]={SENT}")).value(SENT, target="0") == 0
    assert [record for record in caplog.records if record.name != "asyncio"] == []


async def test_two_scrapers_at_once_are_served_one_after_the_other() -> None:
    house = House(MANY)
    async with client_of(house) as client, asyncio.TaskGroup() as group:
        scrapes = [group.create_task(scraped(client)) for _ in range(2)]
    for scrape in scrapes:
        assert len(scrape.result().find(SENT)) == MANY
    assert house.most_renders == 1


async def slow_scraper(port: int, *, takes_gzip: bool) -> socket.socket:
    """Ask, read the first line of the answer, and no more."""
    loop, sock = asyncio.get_running_loop(), socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what the kernel reads is taken
    sock.setblocking(False)
    await loop.sock_connect(sock, ("127.0.0.1", port))
    coding = b"gzip" if takes_gzip else b"identity"
    fields = b"Host: netwatch\r\nAccept-Encoding: " + coding
    await loop.sock_sendall(sock, b"GET /metrics HTTP/1.1\r\n" + fields + b"\r\n\r\n")
    assert await loop.sock_recv(sock, 15) == b"HTTP/1.1 200 OK"
    return sock


async def count_turns(house: House, counted: Counter[str]) -> NoReturn:
    """Count those of the loop while something is rendered."""
    while True:
        counted["turns"] += house.renders
        await asyncio.sleep(0)


@pytest.mark.usefixtures("may_ping")
async def test_ten_slow_scrapers_of_100_000_lines_keep_neither_pings_nor_others_waiting() -> None:
    """As the agent has it: behind its listeners, with their limits, and beside its pings."""
    house, record, counted = House(13 * MANY), Record(), Counter[str]()
    async with Listeners(house.whole_app()) as listeners, running(record) as pinger:
        await listeners.listen([ListenAddress("127.0.0.1", 0)])
        port = int(listeners.urls[0].rpartition(":")[2])
        pinger.add(target_at("127.0.0.1"), PATIENT, first=pinger.ready)
        slow = [await slow_scraper(port, takes_gzip=bool(number % 2)) for number in range(10)]
        before = len(record.of("127.0.0.1"))
        async with asyncio.TaskGroup() as group, ClientSession() as session:
            counting = group.create_task(count_turns(house, counted), name="turns")
            async with session.get(f"{listeners.urls[0]}/metrics") as response:
                lines = (await response.read()).count(b"\n")
            counting.cancel()
        await until(lambda: len(record.of("127.0.0.1")) > before + 10)
        for sock in slow:
            sock.close()
    assert lines > 100_000
    assert counted["turns"] > 20
    assert set(record.outcomes("127.0.0.1")) == {Outcome.OK}


async def test_a_scrape_lets_the_loop_turn_and_shows_one_moment_of_the_counters() -> None:
    house = House(MANY)
    async with client_of(house) as client, asyncio.TaskGroup() as group:
        scraping = group.create_task(scraped(client))
        turns = 0
        while not scraping.done():
            if house.renders:
                turns += 1
                for target in house.targets[:: MANY // 10]:
                    house.count(target)
            await asyncio.sleep(0)
        assert turns > 1
        scrape = scraping.result()
        assert {sample.value for sample in scrape.find(SENT)} == {0}
        assert {sample.value for sample in scrape.find(RECEIVED)} == {0}
        after = await scraped(client)
    assert after.value(SENT) == turns * 10 * 3
    assert after.value(RECEIVED) == after.value(LOST) == turns * 10


async def test_the_packet_equation_holds_for_every_target_of_every_scrape() -> None:
    house = House(MANY)
    sent: dict[str, float] = {}
    async with client_of(house) as client, asyncio.TaskGroup() as group:
        for _ in range(3):
            scraping = group.create_task(scraped(client))
            while not scraping.done():
                for target in house.targets[:: MANY // 50]:
                    house.count(target)
                await asyncio.sleep(0)
            sent = by_target(scraping.result(), SENT)
            assert sent == by_target(scraping.result(), RECEIVED, LOST, ERRORS)
    assert sum(sent.values()) > 0


def by_target(scrape: Scrape, *names: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for sample in scrape.samples:
        if sample.name in names:
            target = sample.labels["target"]
            sums[target] = sums.get(target, 0) + sample.value
    return sums
