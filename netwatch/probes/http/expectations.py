"""What the answer must be like: the options that say so, and the judgement."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from netwatch.httpclient.headers import HeaderName
from netwatch.options import Options, RegularExpression
from netwatch.wire.document import described
from netwatch.wire.http import Response
from netwatch.wire.json_pointer import equal, parse_pointer, value_at
from netwatch.wire.pattern import utf8

_STATUS = re.compile(r"[1-5]([0-9]{2}|xx)")


def _status(value: object) -> object:
    said = str(value) if isinstance(value, int | str) else ""
    if not _STATUS.fullmatch(said) or said.isdecimal() is not isinstance(value, int):
        raise ValueError("expected a status code such as 200, or a class of them such as 2xx")
    return value


def _pointer(text: str) -> str:
    parse_pointer(text)
    return text


Status = Annotated[int | str, BeforeValidator(_status)]
Broken = Iterator[tuple[str, str]]
"""The kind of each expectation that is broken, and in words what was found and expected."""


class HeaderPattern(Options):
    """A header, and what its value may be like."""

    header: HeaderName
    """The name of the header."""
    pattern: RegularExpression
    """Is searched for in each value of the header."""
    allow_missing: bool = False
    """Whether it is well when there is no such header."""


class Expectations(Options):
    """What the answer must be like."""

    valid_status: Annotated[list[Status], Field(min_length=1)] = Field(
        default_factory=lambda: list[Status](["2xx"])
    )
    """Status codes, or classes such as `2xx`, one of which the final response must have."""
    valid_versions: list[Literal["1.0", "1.1"]] = Field(default_factory=list)
    """Versions of HTTP, one of which the response must have; empty for any."""
    require_tls: bool | None = None
    """Whether the final response must (`true`) or must not (`false`) come over TLS."""
    header_matches: list[HeaderPattern] = Field(default_factory=list)
    """Patterns that headers must match."""
    header_not_matches: list[HeaderPattern] = Field(default_factory=list)
    """Patterns that headers must not match."""
    body_matches: list[RegularExpression] = Field(default_factory=list)
    """Patterns all of which must be found in the body."""
    body_not_matches: list[RegularExpression] = Field(default_factory=list)
    """Patterns none of which may be found in the body."""
    body_json: dict[Annotated[str, AfterValidator(_pointer)], JsonValue] = Field(
        default_factory=dict
    )
    """The body must be JSON, with these values at these places: `{/status: ok}`; the places are
    JSON pointers (RFC 6901)."""
    max_body_bytes: Annotated[int, Field(ge=0, le=2**30)] = 10 * 2**20
    """A larger body, decompressed, is a failure, and is read no further."""

    @property
    def reads_content(self) -> bool:
        """Whether it matters what stands in the body."""
        return bool(self.body_matches or self.body_not_matches or self.body_json)

    def broken(self, response: Response, content: bytes, *, is_tls: bool) -> Broken:
        """Yield what the final response breaks."""
        valid = {str(status) for status in self.valid_status}
        if not valid & {str(response.status), f"{response.status // 100}xx"}:
            yield "status", f"found status {response.status}, expected {', '.join(sorted(valid))}"
        if self.valid_versions and response.version not in self.valid_versions:
            expected = " or ".join(self.valid_versions)
            yield "version", f"found HTTP {response.version}, expected {expected}"
        if self.require_tls not in (None, is_tls):
            found, expected = ("over", "without") if is_tls else ("without", "with")
            yield "tls", f"found an answer {found} TLS, expected one {expected} it"
        yield from self._broken_by_headers(response)
        yield from self._broken_by_body(content)

    def _broken_by_headers(self, response: Response) -> Broken:
        for wanted in self.header_matches:
            values = response.all(wanted.header.lower())
            if not values and not wanted.allow_missing:
                yield "header", f"found no header {wanted.header}, expected one"
            elif values and not any(map(wanted.pattern.matches, values)):
                yield "header", f"expected header {wanted.header} to match {wanted.pattern}"
        for unwanted in self.header_not_matches:
            values = response.all(unwanted.header.lower())
            if not values and not unwanted.allow_missing:
                yield "header", f"found no header {unwanted.header}, expected one"
            elif any(map(unwanted.pattern.matches, values)):
                yield "header", f"expected header {unwanted.header} not to match {unwanted.pattern}"

    def _broken_by_body(self, content: bytes) -> Broken:
        text = utf8(content) if self.body_matches or self.body_not_matches else b""
        for pattern in self.body_matches:
            if not pattern.matches(text):
                yield "body", f"expected the body to match {pattern}"
        for pattern in self.body_not_matches:
            if pattern.matches(text):
                yield "body", f"expected the body not to match {pattern}"
        if self.body_json:
            yield from (("json", words) for words in _broken_json(content, self.body_json))


def _broken_json(content: bytes, expected: dict[str, JsonValue]) -> Iterator[str]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        yield "found a body that is no JSON, expected JSON"
        return
    for pointer, value in expected.items():
        try:
            found: Any = value_at(document, parse_pointer(pointer))
        except LookupError:
            yield f"found nothing at {pointer} of the body, expected {described(value)}"
        else:
            if not equal(found, value):
                found_at = f"found {described(found)} at {pointer} of the body"
                yield f"{found_at}, expected {described(value)}"
