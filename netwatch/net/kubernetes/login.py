"""Where the API server is and who we are: by our service account, or by a kubeconfig."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientError
from yaml import YAMLError

from netwatch.net.kubernetes.client import import_client
from netwatch.net.kubernetes.errors import ApiError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

# Pods know both, unless somebody took the environment away; then the name server may know.
_USUAL_SERVER = {
    "KUBERNETES_SERVICE_HOST": "kubernetes.default.svc",
    "KUBERNETES_SERVICE_PORT": "443",
}

LogIn = Callable[[Any], Awaitable[None]]
"""Fills in a Configuration of kubernetes_asyncio; raises ApiError."""


def is_in_cluster(environ: Mapping[str, str], service_account: Path = SERVICE_ACCOUNT) -> bool:
    """Whether we run in a pod."""
    host = environ.get("KUBERNETES_SERVICE_HOST")
    return bool(host) or (service_account / "token").exists()


def login(
    environ: Mapping[str, str], service_account: Path = SERVICE_ACCOUNT, *, kubeconfig: str = ""
) -> LogIn:
    """Return how to log in: in a pod as its service account, elsewhere as kubectl does.

    A `kubeconfig` goes before both. Files are read each time: tokens and certificates are replaced
    while we run.
    """
    if kubeconfig:
        return _by_kubeconfig(kubeconfig)
    if is_in_cluster(environ, service_account):
        return _by_service_account(environ, service_account)
    usual = Path(environ.get("HOME", "~")).expanduser() / ".kube/config"
    return _by_kubeconfig(environ.get("KUBECONFIG") or str(usual))


def _by_service_account(environ: Mapping[str, str], folder: Path) -> LogIn:
    def read_token(configuration: Any) -> None:
        """Read it for each request: these are few, and it is replaced every hour."""
        token = (folder / "token").read_text().strip()
        configuration.api_key["BearerToken"] = f"Bearer {token}"

    async def log_in(configuration: Any) -> None:
        import_client()
        from kubernetes_asyncio.config import ConfigException  # noqa: PLC0415 - an extra
        from kubernetes_asyncio.config.incluster_config import (  # noqa: PLC0415 - an extra
            InClusterConfigLoader,
        )

        loader = InClusterConfigLoader(
            token_filename=str(folder / "token"),
            cert_filename=str(folder / "ca.crt"),
            try_refresh_token=False,
            environ=_USUAL_SERVER | dict(environ),
        )
        try:
            loader.load_and_set(configuration)
        except (ConfigException, OSError, UnicodeDecodeError) as error:
            raise ApiError(f"the service account in {folder}: {error}") from error
        configuration.refresh_api_key_hook = read_token

    return log_in


def _by_kubeconfig(paths: str) -> LogIn:
    files = [Path(path).expanduser() for path in paths.split(":") if path]

    async def log_in(configuration: Any) -> None:
        import_client()
        from kubernetes_asyncio.config import (  # noqa: PLC0415 - an extra
            ConfigException,
            load_kube_config,
        )

        if not any(map(Path.exists, files)):
            found = f"found neither a service account nor the file {paths}"
            raise ApiError(f"{found}, expected a pod or a kubeconfig")
        # The library reads what it expects, and raises whatever comes of something else.
        malformed = (AssertionError, AttributeError, KeyError, TypeError, ValueError, YAMLError)
        try:
            await load_kube_config(config_file=paths, client_configuration=configuration)
        except (ConfigException, ClientError, OSError, *malformed) as error:
            raise ApiError(f"the kubeconfig {paths}: {error}") from error
        tokens = configuration.api_key
        tokens |= {name: token.strip() for name, token in tokens.items()}  # files end in a line end

    return log_in
