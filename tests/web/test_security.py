"""The web configuration file at work: a server that it protects, and clients of other makes."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import pytest
from aiohttp import web

from netwatch.net.files import UnreadableFileError
from netwatch.validation import ConfigError
from netwatch.web.guard import add_headers, guard
from netwatch.web.listeners import Listeners
from netwatch.web.security import Security, WebConfigFile
from netwatch.wire.listen import ListenAddress
from tests.certificates import Authority

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
SERVER = "{cert_file: server.pem, key_file: server.key}"
MUTUAL = """\
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
"""


@dataclass
class House:
    """A folder with a web configuration, certificates, and the server that they protect."""

    folder: Path
    authority: Authority
    file: WebConfigFile = field(default_factory=WebConfigFile)
    security: Security = field(default_factory=Security)

    def write(self, text: str) -> str:
        path = self.folder / "web.yml"
        path.write_text(text)
        return str(path)

    def load(self, text: str) -> None:
        self.security = self.file.load(self.write(text))

    def renew(self) -> None:
        """Write another certificate of the server."""
        issued = self.authority.ca.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(str(self.folder / "server.pem"))
        issued.private_key_pem.write_to_path(str(self.folder / "server.key"))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Listeners]:
        async def hello(_: web.Request) -> web.Response:
            return web.Response(text="hello\n")

        app = web.Application(middlewares=[guard(lambda: self.security)])
        app.on_response_prepare.append(add_headers(lambda: self.security))
        app.router.add_get("/", hello)
        async with Listeners(app) as listeners:
            await listeners.listen([ListenAddress("127.0.0.1", 0)], self.security.tls)
            yield listeners

    async def curl(self, listeners: Listeners, *options: str) -> str:
        """Return the status that curl sees, or 000, as it says it."""
        [url] = listeners.urls
        name = url.replace("127.0.0.1", "localhost")
        form = ("--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
        ca = ("--cacert", self.authority.ca_file)
        return await output_of(["curl", *form, *ca, *options, name])


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path, Authority(tmp_path))
    shutil.copy(made.authority.ca_file, tmp_path / "ca.pem")
    made.renew()
    return made


@pytest.fixture
def curl() -> None:
    if shutil.which("curl") is None:
        pytest.skip("the program curl is not installed")


async def output_of(command: Sequence[str]) -> str:
    """Run a program beside the server; return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return out.decode()


def test_without_a_file_nothing_is_protected() -> None:
    security = WebConfigFile().load("")
    assert (security.tls, security.ways) == (None, ())


@pytest.mark.usefixtures("curl")
async def test_curl_needs_tls_and_the_password(house: House) -> None:
    house.load(f"tls_server_config: {SERVER}\nbasic_auth_users: {{alice: {HASH}}}")
    async with house.serving() as listeners:
        assert await house.curl(listeners, "--user", "alice:secret") == "200"
        assert await house.curl(listeners, "--user", "alice:wrong") == "401"
        assert await house.curl(listeners) == "401"
        plain = listeners.urls[0].replace("https:", "http:")
        assert "hello" not in await output_of(["curl", "--silent", plain])


@pytest.mark.usefixtures("curl")
async def test_curl_needs_a_certificate_of_the_right_authority(house: House) -> None:
    house.load(MUTUAL)
    certificate, key = house.authority.client()
    stranger = Authority(house.folder, "stranger").client("stranger")
    async with house.serving() as listeners:
        assert await house.curl(listeners, "--cert", certificate, "--key", key) == "200"
        assert await house.curl(listeners, "--cert", stranger[0], "--key", stranger[1]) == "000"
        assert await house.curl(listeners) == "000"


@pytest.mark.usefixtures("curl")
async def test_curl_needs_a_certificate_with_the_right_name(house: House) -> None:
    house.load(f"{MUTUAL}  client_allowed_sans: [prometheus@example.org]\n")
    async with house.serving() as listeners:
        for name, status in (("prometheus", "200"), ("grafana", "403")):
            certificate, key = house.authority.client(name)
            said = await house.curl(listeners, "--cert", certificate, "--key", key)
            assert said == status


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the program openssl is not installed")
@pytest.mark.parametrize(
    ("option", "is_spoken"), [("-tls1_3", True), ("-tls1_2", False), ("-tls1_1", False)]
)
async def test_openssl_finds_only_the_versions_that_are_allowed(
    house: House, option: str, *, is_spoken: bool
) -> None:
    house.load(f"tls_server_config: {SERVER[:-1]}, min_version: TLS13}}")
    async with house.serving() as listeners:
        address = listeners.urls[0].removeprefix("https://")
        said = await output_of(["openssl", "s_client", "-connect", address, option])
        assert ("Cipher is TLS_" in said) is is_spoken


async def test_a_connection_from_before_ends_with_its_next_answer_when_tls_changes(
    house: House,
) -> None:
    async with house.serving() as listeners:
        port = int(listeners.urls[0].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = b"GET / HTTP/1.1\r\nHost: netwatch\r\n\r\n"
        writer.write(request)
        assert b"Connection: close" not in await reader.readuntil(b"hello\n")
        house.load(f"tls_server_config: {SERVER}")
        writer.write(request)
        assert b"Connection: close" in await reader.read()
        writer.close()


async def test_a_renewed_certificate_is_noticed_and_so_is_a_changed_file(house: House) -> None:
    house.load(f"tls_server_config: {SERVER}")
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        following = group.create_task(house.file.follow(changed.set))
        for change in (house.renew, lambda: house.write(f"tls_server_config: {SERVER} # new")):
            house.security = house.file.load(str(house.folder / "web.yml"))
            changed.clear()
            change()
            await changed.wait()
        following.cancel()


@pytest.mark.virtual_time
async def test_what_does_not_change_is_no_news_and_a_lost_file_is_news_once(house: House) -> None:
    house.load(f"tls_server_config: {SERVER}")
    changes: list[None] = []
    async with asyncio.TaskGroup() as group:
        following = group.create_task(house.file.follow(lambda: changes.append(None)))
        await asyncio.sleep(10)
        assert len(changes) == 0
        (house.folder / "server.key").rename(house.folder / "away")
        await asyncio.sleep(10)
        assert len(changes) == 1
        (house.folder / "away").rename(house.folder / "server.key")
        await asyncio.sleep(10)
        assert len(changes) == 2
        following.cancel()


@pytest.mark.virtual_time
async def test_a_file_that_was_refused_is_news_when_it_is_mended(house: House) -> None:
    (house.folder / "server.key").rename(house.folder / "away")
    with pytest.raises(UnreadableFileError, match=r"server\.key: No such file or directory"):
        house.load(f"tls_server_config: {SERVER}")
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        following = group.create_task(house.file.follow(changed.set))
        (house.folder / "away").rename(house.folder / "server.key")
        await changed.wait()
        following.cancel()
    house.load(f"tls_server_config: {SERVER}")


def test_what_is_wrong_in_the_file_is_told_at_its_place(house: House) -> None:
    place = re.escape(str(house.folder / "web.yml"))
    with pytest.raises(ConfigError, match=f"^{place}:1:20: tls_server_config: found no certif"):
        house.load("tls_server_config: {cert_file: server.pem}")
    with pytest.raises(UnreadableFileError, match=r"nowhere\.yml: No such file"):
        house.file.load("nowhere.yml")


@pytest.mark.parametrize("text", ["", "# soon\n"])
def test_an_empty_file_protects_nothing_and_so_is_refused(house: House, text: str) -> None:
    with pytest.raises(ConfigError, match="found nothing, expected a mapping"):
        house.load(text)


def test_a_header_without_a_value_is_not_sent(house: House) -> None:
    house.load("http_server_config: {headers: {X-XSS-Protection: '', X-Frame-Options: deny}}")
    assert house.security.headers == {"X-Frame-Options": "deny"}
