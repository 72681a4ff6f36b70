"""A server that takes its time in each phase of an attempt, and tells when it did what.

python -m tests.delaying_server CERTIFICATE_FILE KEY_FILE

It prints the ports of its DNS and HTTPS, and then a JSON object for each attempt: its moments, in
seconds of the monotonic clock that all processes of a host share.
"""

import json
import socket
import ssl
import sys
import time

import dns.message
import dns.rrset

DELAY_SECONDS = 0.03
ADDRESS = "127.0.0.1"


def serve(context: ssl.SSLContext) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as names,
        socket.create_server((ADDRESS, 0), backlog=0) as listener,
    ):
        names.bind((ADDRESS, 0))
        say(f"{names.getsockname()[1]} {listener.getsockname()[1]}")
        while True:
            moments: dict[str, float] = {}
            # With this one its queue is full: the kernel drops the next SYN, which comes again
            # after a second.
            with socket.create_connection(listener.getsockname()):
                resolve(names, moments)
                time.sleep(DELAY_SECONDS)
                listener.accept()[0].close()
            connection, _ = listener.accept()
            moments["accepted"] = time.perf_counter()
            with connection:
                answer(connection, context, moments)
            say(json.dumps(moments))


def resolve(names: socket.socket, moments: dict[str, float]) -> None:
    """Answer both questions, for IPv4 and for IPv6, at once."""
    queries = []
    for _ in range(2):
        queries.append(names.recvfrom(512))
        moments.setdefault("asked", time.perf_counter())
    time.sleep(DELAY_SECONDS)
    for wire, client in queries:
        query = dns.message.from_wire(wire)
        response = dns.message.make_response(query)
        (question,) = query.question
        if question.rdtype.name == "A":
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", ADDRESS))
        names.sendto(response.to_wire(), client)
    moments["resolved"] = time.perf_counter()


def answer(connection: socket.socket, context: ssl.SSLContext, moments: dict[str, float]) -> None:
    """Wait before the handshake, before the first byte and before the last."""
    time.sleep(DELAY_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(connection, server_side=True) as tls:
        moments["shaken"] = time.perf_counter()
        tls.recv(65536)
        moments["requested"] = time.perf_counter()
        time.sleep(DELAY_SECONDS)
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")
        moments["begun"] = time.perf_counter()
        time.sleep(DELAY_SECONDS)
        tls.sendall(b"o")
        moments["finished"] = time.perf_counter()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(sys.argv[1], sys.argv[2])
    serve(server_side)
