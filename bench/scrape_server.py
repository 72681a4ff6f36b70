"""Serves many lines of metrics as prometheus_client renders them.

python -m bench.scrape_server LINES
"""

import gzip
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.series import page


class Server(ThreadingHTTPServer):
    """Has the page in each coding, by its path."""

    def __init__(self, text: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {"/identity": text, "/gzip": gzip.compress(text)}


class Handler(BaseHTTPRequestHandler):
    """Answers with the page that the path names."""

    def do_GET(self) -> None:  # the name that the library calls
        assert isinstance(self.server, Server)
        body = self.server.pages[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Encoding", self.path.removeprefix("/"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = Server(page(int(sys.argv[1])))
    print(server.server_port, flush=True)
    server.serve_forever()
