"""What is asked: the options of a question, and the queries that they make."""

from collections.abc import Callable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from netwatch.options import Options
from netwatch.wire.dnsmessage import Query, Question


def _written(question: Question) -> Callable[[int], Query]:
    """Return what makes the query of an id. Raises ValueError for what cannot be asked."""
    from netwatch.wire.dnscodec import WrittenQuestion  # noqa: PLC0415 - 5 MiB that few need

    return WrittenQuestion(question).query


def _name(text: str) -> str:
    _written(Question(text))
    return text


def _kind(text: str) -> str:
    _written(Question(".", kind=text))
    return text


def _class(text: str) -> str:
    _written(Question(".", class_=text))
    return text


class QuestionOptions(Options):
    """What to ask."""

    query: Annotated[str, Field(min_length=1), AfterValidator(_name)]
    """The full name to ask for; search domains are for the probe `resolve`."""
    query_type: Annotated[str, AfterValidator(_kind)] = "A"
    """The type of the records: `A`, `AAAA`, `SRV`, `SOA`, `TYPE65` …"""
    query_class: Annotated[str, AfterValidator(_class)] = "IN"
    """Their class; `CH` is for what servers say of themselves."""
    recursion: bool = True
    """Let the server ask others for what it does not know."""
    edns_bytes: Annotated[int, Field(ge=0, le=65535)] = 1232
    """The largest answer that a datagram may bring (RFC 6891); 0 asks without EDNS."""
    dnssec: bool = False
    """Ask for signatures as well; needs EDNS."""

    @model_validator(mode="after")
    def _signatures_need_edns(self) -> Self:
        if self.dnssec and not self.edns_bytes:
            raise ValueError("found dnssec with edns_bytes 0, expected more: it needs EDNS")
        return self

    def queries(self) -> Callable[[int], Query]:
        """Return what makes the query of an id."""
        return _written(
            Question(
                name=self.query,
                kind=self.query_type,
                class_=self.query_class,
                recursion=self.recursion,
                edns_bytes=self.edns_bytes,
                dnssec=self.dnssec,
            )
        )
