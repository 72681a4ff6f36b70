"""What is asked of the API, and what its answers mean to whoever keeps up with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Some objects of a list, by their uid; `rest` is the token for the next page, if there is one.

    `version` is that of the whole list; a watch goes on from there.
    """

    objects: Mapping[str, T_co]
    version: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Change(Generic[T_co]):
    """One event of a watch: the object as it is now, or None where it is gone.

    A bookmark has no `uid`: nothing happened up to `version`.
    """

    uid: str
    object: T_co | None
    version: str


class Codec(Protocol[T_co]):
    """Reads the answers of one kind of objects."""

    def page(self, body: bytes | bytearray) -> Page[T_co]:
        """Read a list. Raises MalformedAnswerError."""
        ...

    def change(self, line: bytes) -> Change[T_co]:
        """Read an event. Raises MalformedAnswerError, and ApiError for an event of an error."""
        ...


@dataclass(frozen=True, slots=True)
class Query(Generic[T_co]):
    """Which objects: those under `path` that the selectors match, in the API's own syntax."""

    path: str
    codec: Codec[T_co]
    label_selector: str = ""
    field_selector: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Same key, same objects."""
        return (self.path, self.label_selector, self.field_selector)

    @property
    def params(self) -> dict[str, str]:
        """The selectors, as the API is asked."""
        selectors = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        return {name: value for name, value in selectors.items() if value}
