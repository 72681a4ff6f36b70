"""The keys of the `http` module that are about the request, and that Prometheus has, too."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_serializer, model_validator

from netwatch.compat.blackbox.kind import Unsupported
from netwatch.compat.blackbox.tlsconfig import TlsConfig
from netwatch.httpclient.headers import HeaderName, HeaderValue
from netwatch.httpclient.secret import NO_SECRET, Secret
from netwatch.options import SECRET, Options
from netwatch.wire.hostname import split_port
from netwatch.wire.redaction import MASK

Proxy = Annotated[
    Any, Unsupported("proxies: no allow-list sees where they connect to", ("", False, {}))
]
SecretRef = Annotated[str, Unsupported("secrets by reference", ("",))]
SHOWN_HEADERS = frozenset(
    {
        *("Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type"),
        *("Host", "Origin", "Referer", "User-Agent"),
    }
)
"""Any other may hold a secret: nobody knows by its name."""


class BasicAuth(Options):
    """A user name and password."""

    username: str = ""
    username_file: Annotated[str, Unsupported("username_file", ("",))] = ""
    username_ref: SecretRef = ""
    password: Secret = NO_SECRET
    password_file: str = ""
    password_ref: SecretRef = ""


class Authorization(Options):
    """The header Authorization."""

    type: str = "Bearer"
    credentials: Secret = NO_SECRET
    credentials_file: str = ""
    credentials_ref: SecretRef = ""

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if self.type.lower() == "basic":
            raise ValueError("found type Basic, expected basic_auth instead of authorization")
        if self.credentials_file and self.type.lower() != "bearer":
            raise ValueError(f"found credentials_file with type {self.type}, expected type Bearer")
        return self


class HttpHeader(Options):
    """The value of a header: told, secret, or in a file."""

    values: list[HeaderValue] = Field(default_factory=list)
    secrets: list[Secret] = Field(default_factory=list)
    files: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        count = len(self.values) + len(self.secrets) + len(self.files)
        if count != 1:
            raise ValueError(f"found {count} values, expected one")
        return self


class HttpClientConfig(Options):
    """How to ask."""

    method: str = "GET"
    """The method of the request."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, json_schema_extra=SECRET)
    """Headers of the request."""
    http_headers: dict[HeaderName, HttpHeader] = Field(
        default_factory=dict, json_schema_extra=SECRET
    )
    """More of them, which may be secret."""
    body: Annotated[str, Field(json_schema_extra=SECRET)] = ""
    """The body of the request."""
    body_file: str = ""
    """File that holds it."""
    compression: Literal["", "identity", "gzip", "deflate"] = ""
    """What the body may be compressed by."""
    basic_auth: BasicAuth | None = None
    """User name and password."""
    authorization: Authorization | None = None
    """Credentials of another kind."""
    bearer_token: Secret = NO_SECRET
    """A token: the old way to write `authorization`."""
    bearer_token_file: str = ""
    """File that holds it."""
    follow_redirects: bool = True
    """Whether redirects are followed, up to ten."""
    no_follow_redirects: bool | None = None
    """The old way to write that, which wins."""
    tls_config: TlsConfig = Field(default_factory=TlsConfig)
    """How TLS is spoken."""
    enable_http2: bool = True
    """Is accepted; netwatch speaks HTTP/1.1, which every web server does."""
    enable_http3: Annotated[bool, Unsupported("HTTP/3", (False,))] = False
    oauth2: Annotated[None, Unsupported("OAuth 2.0")] = None
    proxy_url: Proxy = ""
    no_proxy: Proxy = ""
    proxy_from_environment: Proxy = False
    proxy_connect_header: Proxy = Field(default_factory=dict)
    skip_resolve_phase_with_proxy: Proxy = False

    @field_serializer("headers")
    def _shown_headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {
            name: value if name.title() in SHOWN_HEADERS else MASK
            for name, value in headers.items()
        }

    @field_serializer("body")
    def _shown_body(self, body: str) -> str:
        return MASK if body else body

    @property
    def follows_redirects(self) -> bool:
        """What the two keys for it say together."""
        if self.no_follow_redirects is None:
            return self.follow_redirects
        return not self.no_follow_redirects

    @property
    def host_header(self) -> str:
        """What the module says for the header Host; empty if nothing."""
        return {name.title(): value for name, value in self._said().items()}.get("Host", "")

    def request(self) -> dict[str, Any]:
        """Return the same as options of a probe, not yet validated."""
        files = {
            name: header.files[0] for name, header in self.http_headers.items() if header.files
        }
        return {
            "method": self.method,
            "body": self.body,
            "body_file": self.body_file,
            "compression": self.compression or "identity",
            "tls": self.tls_config.asking_for(split_port(self.host_header)[0]).options(),
            "headers": self._said() | self._other_authorization(),
            "header_files": files,
            **self._authorization(),
        }

    def _said(self) -> dict[str, str]:
        """Return the headers whose values do not stand in files."""
        return self.headers | {
            name: (*header.values, *(secret.get_secret_value() for secret in header.secrets))[0]
            for name, header in self.http_headers.items()
            if not header.files
        }

    def _authorization(self) -> dict[str, Any]:
        token, token_file = self.bearer_token, self.bearer_token_file
        if self.authorization and self.authorization.type.lower() == "bearer":
            token = self.authorization.credentials
            token_file = self.authorization.credentials_file
        said: dict[str, Any] = {"bearer_token_file": token_file}
        if token.get_secret_value():
            said["bearer_token"] = token.get_secret_value()
        if self.basic_auth:
            said["basic_auth"] = {
                "username": self.basic_auth.username,
                "password": self.basic_auth.password.get_secret_value(),
                "password_file": self.basic_auth.password_file,
            }
        return said

    def _other_authorization(self) -> dict[str, str]:
        if self.authorization is None or self.authorization.type.lower() == "bearer":
            return {}
        credentials = self.authorization.credentials.get_secret_value()
        return {"Authorization": f"{self.authorization.type} {credentials}"}
