import socket

import pytest

from netwatch.net.udpserver import Question, UdpListenError, UdpServerSocket
from netwatch.wire.listen import ListenAddress


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_question_has_its_data_and_who_asked(host: str) -> None:
    (server,) = UdpServerSocket.open_all(ListenAddress(host, 0))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asker:
        asker.connect(tuple(server.address))
        assert server.receive() is None
        asker.send(b"hello")
        question = server.receive()
        assert question
        assert (question.data, question.source) == (b"hello", host)
        server.answer(question, b"you too")
        assert asker.recv(100) == b"you too"
    server.close()


def test_a_link_local_source_has_its_interface() -> None:
    loopback = socket.if_nametoindex("lo")
    assert Question(b"", ("fe80::7", 9848, 0, loopback), []).source == "fe80::7%lo"


def test_a_source_whose_interface_is_gone_is_still_one() -> None:
    assert Question(b"", ("fe80::7", 9848, 0, 2**30), []).source == "fe80::7"


def test_where_one_family_cannot_be_had_none_is_kept() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind(("::", 0))
        port = other.getsockname()[1]
        with pytest.raises(UdpListenError, match=f"cannot listen on UDP :{port}: address already"):
            UdpServerSocket.open_all(ListenAddress("", port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("0.0.0.0", port))


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("203.0.113.7", "cannot assign requested address"),
        ("fe80::1%not-there", "no such device|no interface"),
    ],
)
def test_an_address_that_is_not_ours_is_told(host: str, why: str) -> None:
    with pytest.raises(UdpListenError, match=why):
        UdpServerSocket.open_all(ListenAddress(host, 0))
