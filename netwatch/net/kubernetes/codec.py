"""Reads lists and watches of Kubernetes (apimachinery's meta/v1), from JSON into structs."""

from typing import Any, Generic, TypeVar

import msgspec

from netwatch.net.kubernetes.errors import MalformedAnswerError
from netwatch.net.kubernetes.objects import KubernetesObject, Struct
from netwatch.net.kubernetes.query import Change, Page
from netwatch.net.kubernetes.refusal import refusal

ObjectT_co = TypeVar("ObjectT_co", bound=KubernetesObject, covariant=True)


class _ListMetadata(Struct, frozen=True, kw_only=True):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(Struct, Generic[ObjectT_co], frozen=True, kw_only=True):
    metadata: _ListMetadata = _ListMetadata()
    items: list[ObjectT_co] | None = None


class _Event(Struct, frozen=True, kw_only=True):
    type: str
    object: msgspec.Raw


class _Status(Struct, frozen=True, kw_only=True):
    code: int = 0


class ObjectCodec(Generic[ObjectT_co]):
    """The codec of one kind of objects."""

    def __init__(self, kind: type[ObjectT_co]) -> None:
        listed: Any = _List[kind]  # type: ignore[valid-type]  # msgspec reads it at run time
        self._list: msgspec.json.Decoder[_List[ObjectT_co]] = msgspec.json.Decoder(listed)
        self._object = msgspec.json.Decoder(kind)

    def page(self, body: bytes | bytearray) -> Page[ObjectT_co]:
        """Read a list. Raises MalformedAnswerError, also for one without a version: it is none."""
        listed = _read(self._list, body)
        if not listed.metadata.resource_version:
            raise MalformedAnswerError("found no resourceVersion, expected that of a list")
        return Page(
            {item.metadata.uid: item for item in listed.items or ()},
            listed.metadata.resource_version,
            listed.metadata.continue_,
        )

    def change(self, line: bytes) -> Change[ObjectT_co]:
        """Read an event (meta/v1 WatchEvent): an object, a Status for errors.

        Raises MalformedAnswerError, and ApiError for an event of an error.
        """
        event = _read(_EVENT, line)
        if event.type == "ERROR":
            raise refusal(_read(_STATUS, event.object).code, bytes(event.object))
        found = _read(self._object, event.object)
        uid, version = found.metadata.uid, found.metadata.resource_version
        match event.type:
            case "ADDED" | "MODIFIED":
                return Change(uid, found, version)
            case "DELETED":
                return Change(uid, None, version)
            case "BOOKMARK":
                return Change("", None, version)
        raise MalformedAnswerError(f"found an event {event.type!r}, expected one of a watch")


_EVENT = msgspec.json.Decoder(_Event)
_STATUS = msgspec.json.Decoder(_Status)

ReadT = TypeVar("ReadT")


def _read(decoder: "msgspec.json.Decoder[ReadT]", text: bytes | bytearray | msgspec.Raw) -> ReadT:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedAnswerError(f"found what is no answer of the API: {error}") from error
