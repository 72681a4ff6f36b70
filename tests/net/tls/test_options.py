from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.net.tls import TlsOptions


@pytest.mark.parametrize(
    ("server_name", "host", "name"),
    [
        ("", "wiki.example", "wiki.example"),
        ("", "wiki.example.", "wiki.example"),
        ("", "fe80::1%eth0", "fe80::1"),
        ("mail.example", "10.0.0.7", "mail.example"),
    ],
)
def test_a_server_proves_the_name_asked_for(server_name: str, host: str, name: str) -> None:
    assert TlsOptions(server_name=server_name).name_of(host) == name


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"key_file": "key.pem"}, "expected certificate_file with it"),
        ({"minimum_version": "1.3", "maximum_version": "1.2"}, "which is 1.3"),
        ({"maximum_version": "1.1"}, "which is 1.2"),
        ({"minimum_version": "1.4"}, "'1.3'"),
        ({"server_name": ".example"}, "expected an IP address or a host name"),
    ],
)
def test_what_does_not_agree_is_refused(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        TlsOptions.model_validate(options)
