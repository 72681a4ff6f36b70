from pathlib import Path

import pytest

from netwatch.attempt import make_attempt
from netwatch.cli.main import main
from netwatch.model import Outcome, Result
from netwatch.probe import Services
from netwatch.probes.http.probe import HttpOptions
from netwatch.probes.scrape import ScrapeOptions
from tests.certificates import Authority
from tests.http_server import Site, at, everything_is_here, says, site
from tests.tcp_server import tcp_server


def page(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


async def scraped(served: Site, url_path: str = "", **options: object) -> Result:
    probe = ScrapeOptions.model_validate(options).open(Services(everything_is_here))
    return await make_attempt(probe, at(f"http://127.0.0.1:{served.port}{url_path}"), 5)


def text_of(result: Result) -> str:
    assert result.passage is not None
    return b"".join(p for family in result.passage.families for p in family.text).decode()


async def test_what_is_read_is_counted_and_passed_on_with_the_name_of_the_target() -> None:
    async with site() as served:
        served.pages["/metrics"] = page("a 1\nb 2\n")
        result = await scraped(served, deny=["b"])
    assert result.outcome is Outcome.OK
    assert result.values == {"scrape_body_bytes": 8, "scrape_samples": 2}
    assert text_of(result) == 'a{target="wiki"} 1\n'
    assert list(result.phases) == ["resolve", "connect", "processing", "transfer", "parse"]


async def test_the_path_of_a_url_wins() -> None:
    async with site() as served:
        served.pages["/other"] = page("a 1\n")
        result = await scraped(served, "/other", path="/x", target_label="")
    assert text_of(result) == "a 1\n"


async def test_a_scrape_that_fails_passes_nothing_on() -> None:
    async with tcp_server(says(page("a 1\n")[:-2])) as port:
        result = await scraped(Site(port))
    assert (result.outcome, result.passage) == (Outcome.PROTOCOL, None)


async def test_a_token_is_read_again_for_each_scrape(tmp_path: Path) -> None:
    token = tmp_path / "token"
    options = ScrapeOptions(bearer_token_file=str(token))
    async with site() as served:
        served.pages["/metrics"] = page("a 1\n")
        probe = options.open(Services(everything_is_here))
        for text in ("one", "second"):
            token.write_text(text)
            await make_attempt(probe, at(f"http://127.0.0.1:{served.port}"), 5)
    first, second = served.requests
    assert b"Authorization: Bearer one\r\n" in first
    assert b"Authorization: Bearer second\r\n" in second


def test_from_a_shell_a_page_that_is_not_there_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "scrape", "http://127.0.0.1:1/metrics", "-o", "table"]) == 1
    assert "refused" in capsys.readouterr().out


async def test_a_context_of_tls_is_shared_with_other_checks(tmp_path: Path) -> None:
    authority, services = Authority(tmp_path), Services(everything_is_here)
    tls = {"ca_file": authority.ca_file}
    async with site(context=authority.server("wiki.example")) as served:
        served.pages["/metrics"] = page("a 1\n")
        target = at(f"https://wiki.example:{served.port}/metrics")
        for kind in (ScrapeOptions, HttpOptions):
            probe = kind.model_validate({"tls": tls}).open(services)
            assert (await make_attempt(probe, target, timeout_seconds=5)).outcome is Outcome.OK
    assert len(services.contexts._contexts) == 1
