"""OpenSSL contexts made from options, once, and again when their files change."""

import contextlib
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

from netwatch.model import Outcome, ProbeError
from netwatch.net.files import ChangingFile, UnreadableFileError
from netwatch.net.tls.options import TlsOptions

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


class TlsContexts:
    """The contexts in use; making one with the authorities of the system takes 40 ms."""

    def __init__(self) -> None:
        self._contexts: dict[object, _Context] = {}

    def get(self, options: TlsOptions, *, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
        """Return the context for these options; its files are read again when they changed.

        Raises ProbeError (LOCAL) where they cannot be.
        """
        key = (options.model_copy(update={"server_name": ""}), alpn)
        if key not in self._contexts:
            self._contexts[key] = _Context(options, alpn)
        return self._contexts[key].current()


class _Context:
    """One context, and the files of which it is made."""

    def __init__(self, options: TlsOptions, alpn: tuple[str, ...]) -> None:
        paths = (options.ca_file, options.certificate_file, options.key_file)
        self._options = options
        self._alpn = alpn
        self._files = [ChangingFile(Path(path)) for path in paths if path]
        self._made: ssl.SSLContext | None = None

    def current(self) -> ssl.SSLContext:
        try:
            changed = [file.changed() is not None for file in self._files]
            if self._made is None or any(changed):
                self._made = None
                self._made = make_context(self._options, self._alpn)
        except UnreadableFileError as error:
            raise ProbeError(Outcome.LOCAL, str(error)) from error
        return self._made


def make_context(options: TlsOptions, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Return a new context; raises ProbeError (LOCAL) for files that are none for it.

    It judges alike on all versions of Python: without VERIFY_X509_STRICT, which 3.13 began to
    set, and which refuses many a company's own authority.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _limit_versions(context, options)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if options.verify:
        _believe(context, options.ca_file)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.certificate_file:
        with _expecting("a PEM certificate and its unencrypted key", options.certificate_file):
            # Without a password OpenSSL would ask the terminal for one, and wait.
            context.load_cert_chain(options.certificate_file, options.key_file or None, password="")
    return context


def _limit_versions(context: ssl.SSLContext, options: TlsOptions) -> None:
    with warnings.catch_warnings():
        # Whoever asks for an old version wants to know of servers that still speak it.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[options.minimum_version]
        if options.maximum_version:
            context.maximum_version = _VERSIONS[options.maximum_version]
    if options.minimum_version < "1.2":
        # The digests of these versions are below what OpenSSL 3 allows by default.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _believe(context: ssl.SSLContext, ca_file: str) -> None:
    if ca_file:
        # Whatever stands in the file is believed, be it a root or not, as by Go and curl.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        with _expecting("PEM certificates", ca_file):
            context.load_verify_locations(ca_file)
        return
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath):
        raise ProbeError(
            Outcome.LOCAL, "found no certificate authorities on this system, expected ca_file"
        )
    context.load_default_certs()


@contextlib.contextmanager
def _expecting(what: str, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # and ssl.SSLError, which is one
        reason = getattr(error, "reason", "") or error.strerror
        raise ProbeError(Outcome.LOCAL, f"{path}: found {reason}, expected {what}") from error
