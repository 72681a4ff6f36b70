import shutil
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.tls import TlsContexts, TlsOptions
from tests.certificates import Authority
from tests.tcp_server import one_tls_handshake


async def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    with one_tls_handshake(server) as told, await connect("127.0.0.1", told.port) as stream:
        tls = await stream.start_tls(client, "localhost")
        assert await stream.receive() == b""
        assert tls.cipher()
        return tls


def fault(options: TlsOptions) -> str:
    with pytest.raises(ProbeError) as error:
        TlsContexts().get(options)
    assert error.value.outcome is Outcome.LOCAL
    return error.value.detail


def test_options_that_differ_in_the_name_share_a_context(tmp_path: Path) -> None:
    ca_file = Authority(tmp_path).ca_file
    contexts = TlsContexts()
    one = contexts.get(TlsOptions(ca_file=ca_file, server_name="one"))
    assert contexts.get(TlsOptions(ca_file=ca_file, server_name="two")) is one
    assert contexts.get(TlsOptions(ca_file=ca_file), alpn=("h2",)) is not one
    assert contexts.get(TlsOptions(ca_file=ca_file, verify=False)) is not one


async def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    bundle = shutil.copy(old.ca_file, tmp_path / "bundle.pem")
    contexts, options = TlsContexts(), TlsOptions(ca_file=str(bundle))
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(new.server(), contexts.get(options))
    shutil.copy(new.ca_file, bundle)
    await handshake(new.server(), contexts.get(options))


def test_a_file_that_comes_back_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "bundle.pem"
    contexts, options = TlsContexts(), TlsOptions(ca_file=str(path))
    pem = Path(Authority(tmp_path).ca_file).read_text()
    for wrong in ("", "garbage"):
        path.write_text(wrong)
        with pytest.raises(ProbeError):
            contexts.get(options)
        path.write_text(pem)
        contexts.get(options)
    path.unlink()
    with pytest.raises(ProbeError):
        contexts.get(options)


def test_what_is_wrong_with_a_file_is_said_and_is_our_own_fault(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    certificate, key = authority.client()
    missing, garbage = str(tmp_path / "missing.pem"), tmp_path / "garbage.pem"
    garbage.write_text("garbage")
    assert fault(TlsOptions(ca_file=missing)) == f"{missing}: No such file or directory"
    assert "expected PEM certificates" in fault(TlsOptions(ca_file=str(garbage)))
    wrong_key = TlsOptions(certificate_file=certificate, key_file=other.client()[1])
    assert "KEY_VALUES_MISMATCH, expected a PEM certificate and its" in fault(wrong_key)
    assert "expected a PEM certificate" in fault(TlsOptions(certificate_file=key))


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).client()
    plain = load_pem_private_key(Path(key).read_bytes(), None)
    Path(key).write_bytes(
        plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    options = TlsOptions(certificate_file=certificate, key_file=key)
    assert "expected a PEM certificate and its unencrypted key" in fault(options)


def test_a_host_without_authorities_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    assert "found no certificate authorities" in fault(TlsOptions())


async def test_the_systems_authorities_are_believed_where_no_others_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority.ca_file)
    await handshake(authority.server(), TlsContexts().get(TlsOptions()))


async def test_a_client_certificate_is_shown_to_who_asks(tmp_path: Path) -> None:
    authority, clients = Authority(tmp_path), Authority(tmp_path, "clients")
    server = authority.server(clients_of=clients)
    certificate, key = clients.client()
    options = TlsOptions(ca_file=authority.ca_file, certificate_file=certificate, key_file=key)
    await handshake(server, TlsContexts().get(options))
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        await handshake(server, TlsContexts().get(TlsOptions(ca_file=authority.ca_file)))


async def test_versions_are_held_to(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    only_old = authority.server(versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    new = TlsOptions(ca_file=authority.ca_file, minimum_version="1.3")
    with pytest.raises(ssl.SSLError, match="VERSION"):
        await handshake(only_old, TlsContexts().get(new))
    old = TlsOptions(ca_file=authority.ca_file, maximum_version="1.2")
    tls = await handshake(authority.server(), TlsContexts().get(old))
    assert tls.version() == "TLSv1.2"


async def test_a_certificate_is_believed_by_itself_where_it_is_named(tmp_path: Path) -> None:
    """As an intermediate authority whose root one does not have."""
    root = Authority(tmp_path, "root")
    intermediate = Authority(tmp_path, "intermediate", parent=root)
    options = TlsOptions(ca_file=intermediate.ca_file)
    await handshake(intermediate.server(), TlsContexts().get(options))


async def test_protocols_are_offered(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = TlsContexts().get(TlsOptions(ca_file=authority.ca_file), alpn=("h2",))
    tls = await handshake(authority.server(alpn=["h2"]), context)
    assert tls.selected_alpn_protocol() == "h2"


def test_all_versions_of_python_judge_alike(tmp_path: Path) -> None:
    context = TlsContexts().get(TlsOptions(ca_file=Authority(tmp_path).ca_file))
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.check_hostname
