import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netwatch.exposition.family import Kind
from netwatch.net.connect import connect
from netwatch.net.stream import Stream
from netwatch.net.tls import (
    TLS_FAMILIES,
    TlsContexts,
    TlsOptions,
    facts_of_refused,
    refusal_of,
    tls_values,
)
from netwatch.net.tls.facts import Facts, peer_chain
from tests.certificates import LONG_AGO, TOMORROW, YESTERDAY, Authority
from tests.tcp_server import ends, says_nothing, tcp_server

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 section 4.1.2.5


async def told(server: ssl.SSLContext, options: TlsOptions, name: str = "localhost") -> Facts:
    """Return what a handshake tells, or a second one where the first is refused."""
    async with tcp_server(says_nothing, context=server) as port:

        async def connected() -> Stream:
            return await connect("127.0.0.1", port)

        with await connected() as stream:
            try:
                return tls_values(await stream.start_tls(TlsContexts().get(options), name))
            except ssl.SSLCertVerificationError as error:
                return refusal_of(error) | await facts_of_refused(
                    TlsContexts(), options, name, connected
                )


async def test_a_handshake_tells_dates_version_and_cipher(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    facts = await told(authority.server(), TlsOptions(ca_file=authority.ca_file))
    assert facts["tls_verified"] == 1
    assert facts["tls_not_after"] == facts["tls_chain_not_after"] == TOMORROW.timestamp()
    assert facts["tls_version"] == {"1.3": 1}
    assert isinstance(facts["tls_cipher"], Mapping)
    assert [cipher.startswith("TLS_") for cipher in facts["tls_cipher"]] == [True]


async def test_without_verification_nothing_is_said_of_it(tmp_path: Path) -> None:
    facts = await told(Authority(tmp_path).server(), TlsOptions(verify=False))
    assert facts["tls_not_after"] == TOMORROW.timestamp()
    assert not {"tls_verified", "tls_verification_error"} & set(facts)


@pytest.mark.parametrize(
    ("not_before", "not_after", "name", "reason"),
    [
        (LONG_AGO, YESTERDAY, "localhost", "certificate_expired"),
        (TOMORROW, NEVER, "localhost", "not_yet_valid"),
        (LONG_AGO, TOMORROW, "elsewhere.example", "hostname_mismatch"),
        (LONG_AGO, TOMORROW, "127.0.0.2", "hostname_mismatch"),
    ],
)
async def test_a_refused_certificate_is_looked_at_all_the_same(
    tmp_path: Path, not_before: datetime, not_after: datetime, name: str, reason: str
) -> None:
    authority = Authority(tmp_path)
    server = authority.server(not_before=not_before, not_after=not_after)
    facts = await told(server, TlsOptions(ca_file=authority.ca_file), name)
    assert facts["tls_verified"] == 0
    assert facts["tls_verification_error"] == {reason: 1}
    assert facts["tls_not_after"] == not_after.timestamp()
    assert facts["tls_version"] == {"1.3": 1}


async def test_an_authority_that_is_not_ours_is_unknown(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    facts = await told(theirs.server(), TlsOptions(ca_file=ours.ca_file))
    assert facts["tls_verification_error"] == {"unknown_ca": 1}


async def test_a_server_may_be_its_own_authority_and_nobody_elses(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    facts = await told(theirs.self_signed_server(), TlsOptions(ca_file=ours.ca_file))
    assert facts["tls_verification_error"] == {"self_signed": 1}


async def test_old_versions_are_told_by_their_number(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        server = authority.server(versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1))
    server.set_ciphers("DEFAULT:@SECLEVEL=0")
    options = TlsOptions(ca_file=authority.ca_file, minimum_version="1.0")
    assert (await told(server, options))["tls_version"] == {"1.0": 1}


@pytest.mark.parametrize(
    ("number", "reason"), [(10, "certificate_expired"), (64, "hostname_mismatch"), (12345, "other")]
)
def test_the_reason_of_a_refusal_is_one_of_a_few_words(number: int, reason: str) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = number
    assert refusal_of(error) == {"tls_verified": 0, "tls_verification_error": {reason: 1}}


async def test_second_handshakes_share_a_context(tmp_path: Path) -> None:
    contexts = TlsContexts()
    async with tcp_server(says_nothing, context=Authority(tmp_path).server()) as port:
        for options in (TlsOptions(), TlsOptions(server_name="wiki.example")):
            facts = await facts_of_refused(
                contexts, options, "localhost", lambda: connect("127.0.0.1", port)
            )
            assert "tls_not_after" in facts
    assert len(contexts._contexts) == 1


async def test_a_second_handshake_that_fails_tells_nothing() -> None:
    async with tcp_server(ends) as port:
        facts = await facts_of_refused(
            TlsContexts(), TlsOptions(), "localhost", lambda: connect("127.0.0.1", port)
        )
    assert facts == {}


@pytest.mark.virtual_time
async def test_a_second_handshake_that_hangs_is_given_up() -> None:
    async with tcp_server(says_nothing) as port:
        facts = await facts_of_refused(
            TlsContexts(), TlsOptions(), "localhost", lambda: connect("127.0.0.1", port)
        )
    assert facts == {}


async def test_the_chain_begins_with_the_server_and_ends_with_who_is_believed(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    async with tcp_server(says_nothing, context=authority.server()) as port:
        for options, names in (
            (TlsOptions(ca_file=authority.ca_file), 2),
            (TlsOptions(verify=False), 1),
        ):
            with await connect("127.0.0.1", port) as stream:
                tls = await stream.start_tls(TlsContexts().get(options), "localhost")
                chain = peer_chain(tls)
                assert chain[0] == tls.getpeercert(binary_form=True)
                assert len(chain) == names


def test_every_family_is_a_gauge_with_a_key_of_its_own() -> None:
    assert {family.kind for family in TLS_FAMILIES} == {Kind.GAUGE}
    assert len({family.key for family in TLS_FAMILIES}) == len(TLS_FAMILIES)


async def test_asyncios_transports_tell_the_same(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = TlsContexts().get(TlsOptions(ca_file=authority.ca_file))
    async with tcp_server(says_nothing, context=authority.server()) as port:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost"
        )
        facts = tls_values(writer.get_extra_info("ssl_object"))
        writer.close()
        await writer.wait_closed()
    assert facts["tls_verified"] == 1
    assert facts["tls_not_after"] == TOMORROW.timestamp()
