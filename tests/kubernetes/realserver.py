"""A real kube-apiserver with its etcd, where `KUBEBUILDER_ASSETS` names their folder (envtest)."""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import aiohttp
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.kubernetes.apiserver import Object
from tests.kubernetes.kubeconfig import a_kubeconfig

TOKEN = "envtest"
START_SECONDS = 60.0


def assets() -> Path | None:
    """Where the programs are, if they are."""
    folder = Path(os.environ.get("KUBEBUILDER_ASSETS") or "/nowhere")
    is_whole = all((folder / program).exists() for program in ("etcd", "kube-apiserver"))
    return folder if is_whole else None


@contextmanager
def control_plane(folder: Path) -> Iterator[Path]:
    """Run both programs with their files in `folder`; the kubeconfig of an administrator."""
    programs = assets()
    assert programs
    etcd_port, peer_port, port = (_free_port() for _ in range(3))
    etcd = [
        str(programs / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{etcd_port}",
        f"--advertise-client-urls=http://127.0.0.1:{etcd_port}",
        f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
        "--unsafe-no-fsync",
    ]
    with _running(etcd, folder / "etcd.log"):
        command = [
            str(programs / "kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={folder}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--allow-privileged=true",
            *_identity(folder),
        ]
        with _running(command, folder / "kube-apiserver.log") as process:
            kubeconfig = folder / "kubeconfig"
            cluster = {
                "server": f"https://127.0.0.1:{port}",
                "certificate-authority": str(folder / "ca.pem"),
            }
            kubeconfig.write_text(a_kubeconfig(cluster, {"token": TOKEN}))
            asyncio.run(_wait_until_ready(kubeconfig, process))
            yield kubeconfig


def _identity(folder: Path) -> list[str]:
    """Write whom the server trusts and who it is; return its flags for that."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "accounts.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    (folder / "tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n')
    return [
        f"--tls-cert-file={folder / 'server.pem'}",
        f"--tls-private-key-file={folder / 'server.pem'}",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--token-auth-file={folder / 'tokens.csv'}",
    ]


@contextmanager
def _running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            yield process
        finally:
            process.terminate()


async def _wait_until_ready(kubeconfig: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    async with RealServer(kubeconfig) as server:
        while True:
            assert process.poll() is None, (kubeconfig.parent / "kube-apiserver.log").read_text()
            try:
                if await server.ask("GET", "/readyz") == HTTPStatus.OK:
                    return
            except aiohttp.ClientError:
                assert time.monotonic() < deadline
            await asyncio.sleep(0.2)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


FINALIZER = "netwatch.test/keep"
"""What stands in the way of deletion until we take it away."""


class RealServer:
    """An ApiServer; takes away at the end whatever a test put there.

    It decides itself when an object was born, so all of them are young. Neither controllers nor
    kubelets run: slices are what tests write, and pods never start nor end.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self._made: dict[str, Object] = {}
        """What tests have written, by path and name."""
        self._doomed: set[str] = set()

    async def __aenter__(self) -> Self:
        document: Any = json.loads(self.kubeconfig.read_text())
        cluster = document["clusters"][0]["cluster"]
        context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._session = aiohttp.ClientSession(
            cluster["server"],
            headers={"Authorization": f"Bearer {TOKEN}"},
            connector=aiohttp.TCPConnector(ssl=context),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        for place in list(self._made):
            await self.delete(*place.rsplit("/", 1))
        await self._session.close()

    async def ask(
        self, method: str, path: str, body: Object | None = None, kind: str = "application/json"
    ) -> int:
        """Ask it anything; return the status of the answer."""
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": kind}
        async with self._session.request(method, path, data=data, headers=headers) as response:
            self.answer = await response.text()
            return response.status

    async def put(self, path: str, item: Object) -> None:
        place, said = f"{path}/{item['metadata']['name']}", _without_status(item)
        if place not in self._made:
            await self._create(path, place, said)
        elif said != self._made[place]:
            await self._do("PUT", place, said)
        if "status" in item:  # which is written only there
            await self._do("PUT", f"{place}/status", item)

    async def doom(self, path: str, name: str) -> None:
        place = f"{path}/{name}"
        await self._finalize(place, FINALIZER)
        await self._do("DELETE", place, {"gracePeriodSeconds": 0})
        self._doomed.add(place)

    async def delete(self, path: str, name: str) -> None:
        place = f"{path}/{name}"
        del self._made[place]
        if place in self._doomed:
            self._doomed.remove(place)
            await self._finalize(place)  # nobody stands in the way any more
        else:
            await self._do("DELETE", place, {"gracePeriodSeconds": 0})

    async def _create(self, path: str, place: str, item: Object) -> None:
        if namespace := item["metadata"].get("namespace"):
            named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            await self._do("POST", "/api/v1/namespaces", named, but_for=HTTPStatus.CONFLICT)
        if await self.ask("GET", place) == HTTPStatus.OK:  # the server's own, such as its Service
            await self._do("PUT", place, item)
        else:
            await self._do("POST", path, item)
            self._made[place] = item

    async def _finalize(self, place: str, *finalizers: str) -> None:
        """Say who has to agree before the object is gone."""
        patch = {"metadata": {"finalizers": finalizers}}
        status = await self.ask("PATCH", place, patch, "application/merge-patch+json")
        assert status == HTTPStatus.OK, self.answer

    async def _do(
        self, method: str, path: str, body: Object, *, but_for: HTTPStatus | None = None
    ) -> None:
        status = await self.ask(method, path, body)
        assert status in {HTTPStatus.OK, HTTPStatus.CREATED, but_for}, self.answer


def _without_status(item: Object) -> Object:
    return {key: value for key, value in item.items() if key != "status"}
