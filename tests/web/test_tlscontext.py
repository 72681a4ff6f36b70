import re
import ssl
from pathlib import Path
from typing import Any

import pytest

from netwatch.net.files import UnreadableFileError
from netwatch.web.tlsconfig import TlsServerConfig
from netwatch.web.tlscontext import files_of, has_allowed_name, server_context
from tests.certificates import Authority

SUITE = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files of a server are: c.pem, k.pem and ca.pem."""
    authority = Authority(tmp_path)
    certificate, key = authority.client()
    Path(certificate).rename(tmp_path / "c.pem")
    Path(key).rename(tmp_path / "k.pem")
    Path(authority.ca_file).rename(tmp_path / "ca.pem")
    return tmp_path


def config(**keys: Any) -> TlsServerConfig:
    return TlsServerConfig.model_validate({"cert_file": "c.pem", "key_file": "k.pem", **keys})


def test_paths_begin_at_the_folder_of_the_file(folder: Path) -> None:
    server_context(config(), folder)
    server_context(config(cert_file=str(folder / "c.pem")), folder)
    assert files_of(config(), folder) == [folder / "c.pem", folder / "k.pem"]


def test_versions_and_suites_are_those_that_were_chosen(folder: Path) -> None:
    context = server_context(config(min_version="TLS13"), folder)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    context = server_context(config(max_version="TLS12", cipher_suites=[SUITE]), folder)
    assert context.maximum_version is ssl.TLSVersion.TLSv1_2
    old = [suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"]
    assert old == ["ECDHE-RSA-AES256-GCM-SHA384"]


def test_the_order_of_the_client_counts_where_that_is_wanted(folder: Path) -> None:
    ours = server_context(config(), folder)
    theirs = server_context(config(prefer_server_cipher_suites=False), folder)
    assert ours.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert not theirs.options & ssl.OP_CIPHER_SERVER_PREFERENCE


@pytest.mark.parametrize("curve", ["CurveP256", "CurveP384", "CurveP521", "X25519"])
def test_every_curve_is_one_that_openssl_knows(folder: Path, curve: str) -> None:
    server_context(config(curve_preferences=[curve]), folder)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("RequireAndVerifyClientCert", ssl.CERT_REQUIRED),
        ("VerifyClientCertIfGiven", ssl.CERT_OPTIONAL),
    ],
)
def test_clients_are_asked_for_certificates(folder: Path, kind: str, mode: int) -> None:
    context = server_context(config(client_auth_type=kind, client_ca_file="ca.pem"), folder)
    assert context.verify_mode == mode


@pytest.mark.parametrize("broken", ["c.pem", "k.pem", "ca.pem"])
def test_a_file_that_is_none_for_it_is_named(folder: Path, broken: str) -> None:
    (folder / broken).write_text("nothing")
    keys = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem"}
    with pytest.raises(
        UnreadableFileError, match=f"{re.escape(broken)}.*: found .*, expected .*PEM"
    ):
        server_context(config(**keys), folder)


def test_the_key_of_another_certificate_is_said(folder: Path) -> None:
    other = Authority(folder, "other")
    Path(other.client()[1]).rename(folder / "k.pem")
    with pytest.raises(UnreadableFileError, match="found KEY_VALUES_MISMATCH, expected a PEM"):
        server_context(config(), folder)


@pytest.mark.parametrize(
    ("names", "is_allowed"),
    [
        ((("DNS", "prometheus.example"),), True),
        ((("DNS", "other.example"), ("email", "me@example.org")), True),
        ((("IP Address", "0:0:0:0:0:0:0:1"),), True),
        ((("URI", "spiffe://example/prometheus"),), True),
        ((("DNS", "prometheus.example.evil"),), False),
        ((), False),
    ],
)
def test_one_of_the_names_must_be_one_that_is_allowed(
    names: tuple[tuple[str, str], ...], *, is_allowed: bool
) -> None:
    allowed = {
        "prometheus.example",
        "me@example.org",
        "::1",
        "spiffe://example/prometheus",
    }
    assert has_allowed_name({"subjectAltName": names}, allowed) is is_allowed


def test_who_shows_no_certificate_has_no_name() -> None:
    assert not has_allowed_name(None, {"prometheus"})
    assert not has_allowed_name({}, {"prometheus"})
