"""Health services by gRPC's own library, on loopback."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import grpc

from netwatch.wire.grpchealth import CHECK_PATH
from tests.certificates import LONG_AGO, TOMORROW, Authority

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


@dataclass
class HealthServer:
    """Answers for the services in `statuses`, by the message (see `netwatch.wire.grpchealth`)."""

    statuses: Mapping[bytes, bytes]
    port: int = 0
    asked: list[bytes] = field(default_factory=list)
    metadata: list[dict[str, str | bytes]] = field(default_factory=list)

    def check(self, request: bytes, context: "grpc.ServicerContext") -> bytes:
        self.asked.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        service = request[2:]
        if service not in self.statuses:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service\n")
        return self.statuses[service]


@contextmanager
def health_server(
    statuses: Mapping[bytes, bytes] | None = None,
    *,
    credentials: "grpc.ServerCredentials | None" = None,
    host: str = "127.0.0.1",
    path: str = CHECK_PATH,
) -> Iterator[HealthServer]:
    """Serve until the end of the block; without `statuses` the server as a whole is SERVING."""
    health = HealthServer(statuses or {b"": SERVING})
    _, service, method = path.split("/")
    handler = grpc.unary_unary_rpc_method_handler(health.check)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    address = f"[{host}]:0" if ":" in host else f"{host}:0"
    if credentials is None:
        health.port = server.add_insecure_port(address)
    else:
        health.port = server.add_secure_port(address, credentials)
    server.start()
    try:
        yield health
    finally:
        server.stop(None).wait()


def tls_credentials(
    authority: Authority,
    *names: str,
    not_after: datetime = TOMORROW,
    clients_of: Authority | None = None,
) -> "grpc.ServerCredentials":
    """Return what a server with these names (or addresses), or of localhost, shows.

    `clients_of`: only clients that this authority has certified may connect.
    """
    made = authority.ca.issue_cert(
        *(names or ("localhost", "127.0.0.1")), not_before=LONG_AGO, not_after=not_after
    )
    chain = b"".join(pem.bytes() for pem in made.cert_chain_pems)
    return grpc.ssl_server_credentials(
        [(made.private_key_pem.bytes(), chain)],
        root_certificates=clients_of.ca.cert_pem.bytes() if clients_of else None,
        require_client_auth=clients_of is not None,
    )
