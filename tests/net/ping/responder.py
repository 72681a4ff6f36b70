"""A host that answers echo requests as a test scripts it, and remembers each to the last bit.

    with Responder(server, "to-client", lambda request: [request.reply()]) as responder:
        await ping("10.9.1.2")
    assert responder.requests[0].hop_limit == 64

The running loop serves it. It reads from and writes to the cable, below the kernel's own ICMP,
which it silences when it has a script.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Self

from netwatch.wire.icmp import checksum
from tests.namespaces import Namespace

ETH_P_ALL = 3
ICMP, ICMPV6 = 1, 58
ECHO_REQUEST = {4: 8, 6: 128}
ECHO_REPLY = {4: 0, 6: 129}
NO_OPERATION = b"\x01\x01\x01\x00"  # IPv4 options (RFC 791): three that do nothing, and the end
SILENCE_SYSCTLS = ("net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all")


@dataclass(frozen=True)
class Packet:
    """An IP packet with an ICMP message."""

    source: str
    destination: str
    message: bytes
    hop_limit: int = 64
    traffic_class: int = 0
    dont_fragment: bool = False
    options: bytes = b""

    @property
    def family(self) -> int:
        return ip_address(self.source).version

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """Return the packet, None if it is no ICMP, or only a part of one."""
        if data[0] >> 4 == 4:
            header_bytes, more_fragments_and_offset = (data[0] & 15) * 4, data[6] << 8 | data[7]
            if data[9] != ICMP or more_fragments_and_offset & 0x3FFF:
                return None
            return cls(
                source=str(ip_address(data[12:16])),
                destination=str(ip_address(data[16:20])),
                message=data[header_bytes : int.from_bytes(data[2:4])],
                hop_limit=data[8],
                traffic_class=data[1],
                dont_fragment=bool(more_fragments_and_offset & 0x4000),
                options=data[20:header_bytes],
            )
        if data[6] != ICMPV6:
            return None
        return cls(
            source=str(ip_address(data[8:24])),
            destination=str(ip_address(data[24:40])),
            message=data[40 : 40 + int.from_bytes(data[4:6])],
            hop_limit=data[7],
            traffic_class=int.from_bytes(data[0:2]) >> 4 & 0xFF,
        )

    def pack(self) -> bytes:
        source, destination = ip_address(self.source).packed, ip_address(self.destination).packed
        size = len(self.message)
        if self.family == 6:
            start = 6 << 28 | self.traffic_class << 20
            fixed = struct.pack("!IHBB", start, size, ICMPV6, self.hop_limit)
            return fixed + source + destination + self.message
        header_bytes = 20 + len(self.options)
        header = bytearray(
            struct.pack(
                "!BBHHHBBH",
                *(0x40 | header_bytes // 4, self.traffic_class, header_bytes + size),
                *(0, self.dont_fragment << 14, self.hop_limit, ICMP, 0),
            )
        )
        header += source + destination + self.options
        header[10:12] = struct.pack("!H", checksum(header))
        return bytes(header) + self.message

    # As an echo request

    def reply(
        self,
        *,
        source: str = "",
        identifier: int | None = None,
        sequence: int | None = None,
        payload: bytes | None = None,
        hop_limit: int = 64,
        options: bytes = b"",
    ) -> bytes:
        """Return what an honest host answers, but for what is given here."""
        own_identifier, own_sequence = struct.unpack_from("!HH", self.message, 4)
        numbers = struct.pack(
            "!HH",
            own_identifier if identifier is None else identifier,
            own_sequence if sequence is None else sequence,
        )
        body = numbers + (self.message[8:] if payload is None else payload)
        back = self._back(source=source, hop_limit=hop_limit, options=options)
        return back.with_message(ECHO_REPLY[self.family], 0, body).pack()

    def error(
        self, kind: int, code: int, *, about: bytes | None = None, options: bytes = b""
    ) -> bytes:
        """Return an ICMP error that embeds the request, or the packet that it is `about`."""
        body = bytes(4) + (self.pack() if about is None else about)
        return self._back(options=options).with_message(kind, code, body).pack()

    def _back(self, *, source: str = "", hop_limit: int = 64, options: bytes = b"") -> Self:
        return type(self)(
            source=source or self.destination,
            destination=self.source,
            message=b"",
            hop_limit=hop_limit,
            options=options,
        )

    def with_message(self, kind: int, code: int, body: bytes) -> Self:
        """Return the packet with another message, under its right checksum."""
        message = bytearray(bytes([kind, code, 0, 0]) + body)
        pseudo_header = b""
        if self.family == 6:  # RFC 8200 section 8.1
            ends = ip_address(self.source).packed + ip_address(self.destination).packed
            pseudo_header = ends + struct.pack("!II", len(message), ICMPV6)
        message[2:4] = struct.pack("!H", checksum(pseudo_header + bytes(message)))
        return replace(self, message=bytes(message))


Script = Callable[[Packet], Iterable[bytes]]
"""Takes an echo request, gives the IP packets to send for it."""


def honest(request: Packet) -> list[bytes]:
    """Answer as the kernel would."""
    return [request.reply()]


class Responder:
    """Listens on one device; without a script it only listens, and the kernel answers."""

    def __init__(self, namespace: Namespace, device: str, script: Script | None = None) -> None:
        self.requests: list[Packet] = []
        self._script = script
        with namespace:
            self._cable = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
            self._senders = {
                4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
                6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
            }
        self._cable.bind((device, ETH_P_ALL))
        self._cable.setblocking(False)
        if script:
            for name in SILENCE_SYSCTLS:
                namespace.sysctl(name, 1)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._cable, self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._cable)
        self._cable.close()
        for sender in self._senders.values():
            sender.close()

    def send(self, packet: bytes) -> None:
        """Send a whole IP packet to where its header says."""
        parsed = Packet.parse(packet)
        assert parsed
        self._senders[parsed.family].sendto(packet, (parsed.destination, 0))

    def _listen(self) -> None:
        data, (_, _, kind, _, _) = self._cable.recvfrom(65_535)
        packet = None if kind == socket.PACKET_OUTGOING else Packet.parse(data)
        if packet and packet.message[0] == ECHO_REQUEST[packet.family]:
            self.requests.append(packet)
            for answer in self._script(packet) if self._script else ():
                self.send(answer)
