"""The HTTP probe against a server that others wrote."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from netwatch.config import load
from netwatch.model import Outcome, Result
from netwatch.probes.http.probe import HttpOptions
from tests.certificates import Authority
from tests.http_server import probed
from tests.nginx import nginx

PAGE = b"All is well. " * 1000
MODIFIED = 1_700_000_000

DIRECTIVES = """
location = /secure { return 301 https://wiki.example:{https}/page.txt; }
location = /zipped.txt { gzip on; gzip_min_length 1; try_files /page.txt =404; }
location = /guarded.txt { auth_basic wiki; auth_basic_user_file users; try_files /page.txt =404; }
location = /collector { proxy_pass http://127.0.0.1:{http}/counted; }
location = /counted { return 200 "$request_method $content_length"; }
gzip_types text/plain;
default_type text/plain;
"""


class Server(NamedTuple):
    http: str
    https: str
    ca_file: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "page.txt").write_bytes(PAGE)
    os.utime(folder / "page.txt", (MODIFIED, MODIFIED))
    (folder / "users").write_text("prober:{PLAIN}secret\n")
    authority = Authority(folder)
    certificate = authority.server_files("wiki.example")
    with nginx(folder, certificate, DIRECTIVES) as (http, https):
        origin = "wiki.example"
        yield Server(f"http://{origin}:{http}", f"https://{origin}:{https}", authority.ca_file)


async def asked(url: str, **options: object) -> Result:
    return await probed(url, HttpOptions.model_validate(options))


async def test_a_file_is_told_with_its_facts(server: Server) -> None:
    result = await asked(
        f"{server.http}/page.txt", header_matches=[{"header": "Server", "pattern": "^nginx"}]
    )
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert result.values["http_version"] == {"1.1": 1}
    assert result.values["http_body_bytes"] == result.values["http_content_length"] == len(PAGE)
    assert result.values["http_last_modified"] == MODIFIED


async def test_a_redirect_leads_to_tls(server: Server) -> None:
    result = await asked(f"{server.http}/secure", tls={"ca_file": server.ca_file}, require_tls=True)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert result.values["http_redirects"] == result.values["tls_verified"] == 1
    assert set(result.phases) == {"resolve", "connect", "tls", "processing", "transfer"}


async def test_tls_is_refused_where_the_authority_is_unknown(server: Server) -> None:
    result = await asked(f"{server.https}/page.txt")
    assert result.outcome is Outcome.TLS
    assert result.values["tls_verification_error"] == {"unknown_ca": 1}
    assert "tls_not_after" in result.values


async def test_what_comes_compressed_is_told_unpacked(server: Server) -> None:
    result = await asked(
        f"{server.http}/zipped.txt",
        compression="gzip",
        header_matches=[{"header": "Content-Encoding", "pattern": "^gzip$"}],
        body_matches=["^(All is well. ){1000}$"],
    )
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert result.values["http_body_bytes"] == len(PAGE)


@pytest.mark.parametrize(("password", "status"), [("secret", 200), ("guess", 401)])
async def test_only_who_knows_the_password_gets_in(
    server: Server, password: str, status: int
) -> None:
    auth = {"username": "prober", "password": password}
    result = await asked(f"{server.http}/guarded.txt", basic_auth=auth)
    assert result.values["http_status_code"] == status
    assert (result.outcome is Outcome.OK) is (status == 200)


async def test_plain_http_on_the_port_of_tls_is_told_by_its_status(server: Server) -> None:
    result = await asked(f"{server.https}/page.txt".replace("https", "http"))
    assert (result.outcome, result.values["http_status_code"]) == (Outcome.MISMATCH, 400)


async def test_an_expected_version_is_judged(server: Server) -> None:
    result = await asked(f"{server.http}/page.txt", valid_versions=["1.0"])
    assert result.detail == "found HTTP 1.1, expected 1.0 (transfer)"


async def test_the_large_requests_of_the_documents_arrive_whole(server: Server) -> None:
    """The answer comes from behind a proxy that has waited for all of the request."""
    text = (Path(__file__).parents[3] / "docs/probes.md").read_text()
    (block,) = re.findall(r"```yaml\n([^`]*^  netchecker:[^`]*)```", text, re.MULTILINE)
    options = load(block, "docs", {}).checks["netchecker"].probe_options
    assert isinstance(options, HttpOptions)
    result = await asked(
        f"{server.http}/collector",
        method=options.method,
        body_bytes=options.body_bytes,
        body_matches=["^POST 3000$"],
    )
    assert (result.outcome, result.detail) == (Outcome.OK, "")
