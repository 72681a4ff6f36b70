import json
from pathlib import Path
from typing import Any

import pytest

from netwatch.net.kubernetes.client import import_client
from netwatch.net.kubernetes.errors import ApiError
from netwatch.net.kubernetes.login import is_in_cluster, login
from tests.kubernetes.kubeconfig import a_kubeconfig

IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}


@pytest.fixture
def account(tmp_path: Path) -> Path:
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text("secret\n")
    (folder / "ca.crt").write_text("a certificate")
    return folder


async def logged_in(environ: dict[str, str], folder: Path) -> Any:
    configuration = import_client().Configuration()
    await login(environ, folder)(configuration)
    return configuration


def test_a_pod_is_told_by_its_environment_or_its_service_account(
    account: Path, tmp_path: Path
) -> None:
    assert is_in_cluster(IN_A_POD, tmp_path)
    assert is_in_cluster({}, account)
    assert not is_in_cluster({}, tmp_path)


async def test_in_a_pod_the_service_account_is_used(account: Path) -> None:
    configuration = await logged_in(IN_A_POD, account)
    assert configuration.host == "https://10.0.0.1:6443"
    assert configuration.ssl_ca_cert == str(account / "ca.crt")
    assert (await configuration.auth_settings())["BearerToken"]["value"] == "Bearer secret"


async def test_where_only_the_service_account_is_known_the_server_has_its_usual_name(
    account: Path,
) -> None:
    configuration = await logged_in({}, account)
    assert configuration.host == "https://kubernetes.default.svc:443"


async def test_elsewhere_the_kubeconfig_is_used(tmp_path: Path) -> None:
    (tmp_path / "kc").write_text(a_kubeconfig({"server": "http://h:1"}, {"token": "t\n"}))
    configuration = await logged_in({"KUBECONFIG": str(tmp_path / "kc")}, tmp_path)
    assert configuration.host == "http://h:1"
    assert (await configuration.auth_settings())["BearerToken"]["value"] == "Bearer t"


async def test_a_kubeconfig_that_is_named_goes_before_all_else(
    account: Path, tmp_path: Path
) -> None:
    named, other = tmp_path / "named", tmp_path / "other"
    named.write_text(a_kubeconfig({"server": "http://named:1"}, {}))
    other.write_text(a_kubeconfig({"server": "http://other:1"}, {}))
    configuration = import_client().Configuration()
    environ = IN_A_POD | {"KUBECONFIG": str(other)}
    await login(environ, account, kubeconfig=str(named))(configuration)
    assert configuration.host == "http://named:1"


async def test_without_a_word_it_is_the_one_that_kubectl_uses(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text(a_kubeconfig({"server": "http://h:1"}, {}))
    assert (await logged_in({"HOME": str(tmp_path)}, tmp_path / "none")).host == "http://h:1"


async def test_outside_of_clusters_without_a_kubeconfig_it_says_what_it_looked_for(
    tmp_path: Path,
) -> None:
    with pytest.raises(ApiError, match=r"neither a service account nor the file .*/kc, expected"):
        await logged_in({"KUBECONFIG": str(tmp_path / "kc")}, tmp_path)


@pytest.mark.parametrize("missing", ["token", "ca.crt"])
async def test_half_a_service_account_is_none(account: Path, missing: str) -> None:
    (account / missing).unlink()
    with pytest.raises(ApiError, match=f"the service account in {account}: "):
        await logged_in(IN_A_POD, account)


async def test_the_token_of_the_service_account_is_always_the_present_one(account: Path) -> None:
    configuration = await logged_in(IN_A_POD, account)
    (account / "token").write_text("renewed")
    assert (await configuration.auth_settings())["BearerToken"]["value"] == "Bearer renewed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{",
        "clusters: 7",
        json.dumps({"clusters": [], "contexts": [], "users": []}),
        a_kubeconfig({}, {}),
        a_kubeconfig({"server": "https://h", "certificate-authority": "/nowhere"}, {}),
        a_kubeconfig({"server": "http://h"}, {"exec": {"command": "/nowhere/at/all"}}),
    ],
)
async def test_a_kubeconfig_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "kc").write_text(text)
    with pytest.raises(ApiError, match=f"the kubeconfig {tmp_path / 'kc'}: "):
        await logged_in({"KUBECONFIG": str(tmp_path / "kc")}, tmp_path)
