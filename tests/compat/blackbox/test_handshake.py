import hashlib
import ssl
from pathlib import Path

import pytest

from netwatch.compat.blackbox.handshake import MAX_LABEL_CHARACTERS, LastHandshake
from netwatch.net.connect import connect
from netwatch.net.tls import TlsContexts, TlsOptions, tls_values
from netwatch.net.tls.facts import Facts
from tests.certificates import TOMORROW, YESTERDAY, Authority
from tests.tcp_server import says_nothing, tcp_server


async def shaken(context: ssl.SSLContext, options: TlsOptions) -> tuple[LastHandshake, Facts]:
    handshake = LastHandshake()
    async with tcp_server(says_nothing, context=context) as port:
        with await connect("127.0.0.1", port) as stream:
            tls = await stream.start_tls(TlsContexts().get(options), "localhost")
            handshake.look(tls)
            return handshake, tls_values(tls)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_it_says_who_the_server_is_and_until_when(authority: Authority) -> None:
    handshake, values = await shaken(authority.server(), TlsOptions(ca_file=authority.ca_file))
    report = handshake.report(values)
    assert report.values == {
        "probe_ssl_earliest_cert_expiry": TOMORROW.timestamp(),
        "probe_tls_version_info": {"TLS 1.3": 1},
    }
    [(family, labels)] = report.infos
    assert family == "probe_ssl_last_chain_info"
    assert labels["issuer"].endswith("O=authority")
    assert labels["subjectalternative"] == "localhost"
    assert len(labels["fingerprint_sha256"]) == len(hashlib.sha256().hexdigest())
    assert handshake.chain_report(values).values == {
        "probe_ssl_last_chain_expiry_timestamp_seconds": TOMORROW.timestamp()
    }


async def test_an_unverified_chain_has_no_end(authority: Authority) -> None:
    context = authority.server(not_after=YESTERDAY)
    handshake, values = await shaken(context, TlsOptions(verify=False))
    expiry = handshake.report(values).values["probe_ssl_earliest_cert_expiry"]
    assert expiry == YESTERDAY.timestamp()
    assert handshake.chain_report(values).values == {}


@pytest.mark.parametrize(
    ("version", "cipher"),
    [
        (ssl.TLSVersion.TLSv1_3, "TLS_AES_256_GCM_SHA384"),
        (ssl.TLSVersion.TLSv1_2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ],
)
async def test_cipher_suites_have_the_names_of_iana(
    authority: Authority, version: ssl.TLSVersion, cipher: str
) -> None:
    context = authority.server(versions=(version, version))
    handshake, values = await shaken(context, TlsOptions(ca_file=authority.ca_file))
    assert handshake.cipher_report(values).values == {"probe_tls_cipher_info": {cipher: 1}}


async def test_labels_end_somewhere(authority: Authority) -> None:
    context = authority.server(*(f"host-{number}.example" for number in range(400)))
    handshake, values = await shaken(context, TlsOptions(verify=False))
    [(_, labels)] = handshake.report(values).infos
    assert len(labels["subjectalternative"]) == MAX_LABEL_CHARACTERS


def test_without_a_handshake_there_is_nothing_to_say() -> None:
    handshake = LastHandshake()
    reports = (handshake.report({}), handshake.chain_report({}), handshake.cipher_report({}))
    assert [(report.values, report.infos) for report in reports] == [({}, [])] * 3
    assert not handshake.is_done
