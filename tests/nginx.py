"""nginx(8), a real web server, on ports of loopback."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

READY_SECONDS = 20.0
ADDRESS = "127.0.0.1"

_CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {address}:{http};
    listen {address}:{https} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder};
    {directives}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, certificate: tuple[str, str], directives: str) -> Iterator[tuple[int, int]]:
    """Serve the files of `folder`; yields the ports of HTTP and HTTPS.

    `certificate` is its file and that of its key. In `directives`, of the server, `{http}` and
    `{https}` are the ports.
    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("the program nginx is not installed")
    http, https = _free_ports()
    file, key = certificate
    (folder / "nginx.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            address=ADDRESS,
            http=http,
            https=https,
            certificate=file,
            key=key,
            directives=directives.replace("{http}", str(http)).replace("{https}", str(https)),
        )
    )
    command = [program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_until_it_listens(process, https)
            yield http, https
        finally:
            process.kill()


def _free_ports() -> tuple[int, int]:
    with socket.create_server((ADDRESS, 0)) as one, socket.create_server((ADDRESS, 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until_it_listens(process: "subprocess.Popen[str]", port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        with socket.socket() as sock:
            if sock.connect_ex((ADDRESS, port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("nginx does not listen")
