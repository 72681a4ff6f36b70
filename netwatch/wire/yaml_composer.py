"""From the events of a YAML parser to one value, with the line and column of every part of it.

PyYAML's own composer follows any depth of nesting until the stack ends, and stops at the first
thing that is wrong. Here events are read once, as they come, and all that is wrong is collected.
Events that were read are kept, because an alias is built by reading those of its anchor again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from netwatch.wire.document import Document, DocumentError, Mark, Path, Problem, described
from netwatch.wire.scalar import plain_value
from netwatch.wire.variables import expand

MAX_DEPTH = 64
MAX_REPEATED_VALUES = 100_000
"""How many values all aliases together may repeat: enough for people, too few for a bomb."""

_CORE = "tag:yaml.org,2002:"
_TAGS = {
    yaml.ScalarEvent: (None, "!", f"{_CORE}str"),
    yaml.SequenceStartEvent: (None, "!", f"{_CORE}seq"),
    yaml.MappingStartEvent: (None, "!", f"{_CORE}map"),
}


def mark_of(mark: Any) -> Mark:
    """Count from 1, as editors do; PyYAML counts from 0."""
    return Mark(mark.line + 1, mark.column + 1)


class Composer:
    """Composes the value of one stream of events, and collects what is wrong with it."""

    def __init__(self, stream: Iterator[yaml.Event], environ: Mapping[str, str] | None) -> None:
        self.problems: list[Problem] = []
        self._environ = environ
        self._stream = stream
        self._events: list[yaml.Event] = []
        self._position = 0  # of the next event; lower than the list is long while an alias is built
        self._anchors: dict[str | None, int] = {}  # position of the latest event with that anchor
        self._targets: dict[int, int | None] = {}  # position of an alias to that of its anchor
        self._open: set[int] = set()  # positions of the collections that are being built
        self._repeated = 0
        self._keys: dict[Path, Mark] = {}
        self._values: dict[Path, Mark] = {}
        self._variables: dict[Path, str] = {}

    def document(self) -> Document:
        """Read the stream to its end; raises DocumentError only for what is too large."""
        value = None
        self._take()
        if isinstance(self._take(), yaml.DocumentStartEvent):
            value = self._child(())
            self._take()
            if isinstance(another := self._take(), yaml.DocumentStartEvent):
                self._complain(another, (), "found a second document, expected one in a file")
        self._values.setdefault((), Mark(1, 1))
        return Document(value, self._keys, self._values, self._variables)

    def _peek(self) -> Any:
        if self._position == len(self._events):
            event = next(self._stream)
            if isinstance(event, yaml.AliasEvent):
                self._targets[self._position] = self._anchors.get(event.anchor)
            elif anchor := getattr(event, "anchor", None):
                self._anchors[anchor] = self._position
            self._events.append(event)
        return self._events[self._position]

    def _take(self) -> Any:
        event = self._peek()
        self._position += 1
        return event

    def _complain(self, event: yaml.Event, path: Path, message: str) -> None:
        self.problems.append(Problem(mark_of(event.start_mark), path, message))

    def _child(self, path: Path) -> Any:
        self._values.setdefault(path, mark_of(self._peek().start_mark))
        return self._node(path)

    def _node(self, path: Path) -> Any:
        index, event = self._position, self._take()
        self._limit(event, path)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, self._targets[index], path)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        else:
            self._open.add(index)
            sequence = isinstance(event, yaml.SequenceStartEvent)
            value = self._sequence(path) if sequence else self._mapping(path)
            self._open.remove(index)
        if event.tag not in _TAGS[type(event)]:
            self._complain(event, path, f"found the tag {event.tag}, expected none")
            return None
        return value

    def _limit(self, event: yaml.Event, path: Path) -> None:
        self._repeated += self._position < len(self._events)
        if self._repeated > MAX_REPEATED_VALUES:
            message = f"found aliases that repeat more than {MAX_REPEATED_VALUES:,} values"
        elif len(path) > MAX_DEPTH:
            message = f"found more than {MAX_DEPTH} levels"
        else:
            return
        self._complain(event, (), message + ", expected fewer")
        raise DocumentError(self.problems, None)

    def _alias(self, event: yaml.AliasEvent, target: int | None, path: Path) -> Any:
        name = event.anchor
        if target is None:
            self._complain(event, path, f"found *{name}, expected &{name} before it")
            return None
        if target in self._open:
            self._complain(event, path, f"found *{name} inside itself, expected it outside")
            return None
        back, self._position = self._position, target
        value = self._node(path)
        self._position = back
        return value

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Any:
        text = event.value
        if self._environ is not None:
            try:
                text = expand(text, self._environ)
            except ValueError as error:
                self._complain(event, path, str(error))
                return None
            if text != event.value:
                self._variables[path] = described(event.value)
        return text if event.style or event.tag else plain_value(text)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(self._peek(), yaml.SequenceEndEvent):
            items.append(self._child((*path, len(items))))
        self._take()
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(start := self._peek(), yaml.MappingEndEvent):
            key = self._key(path)
            if key is None:
                self._node((*path, "?"))
                continue
            where = (*path, key)
            mark = self._keys.setdefault(where, mark_of(start.start_mark))
            value = self._child(where)
            if key in mapping:
                message = "duplicate key, expected it once; it was first at {}:{}".format(*mark)
                self._complain(start, where, message)
            mapping.setdefault(key, value)
        self._take()
        return mapping

    def _key(self, path: Path) -> str | None:
        """Compose a key; one that is no text is told, and then as it is written, if it is so."""
        start, known = self._peek(), len(self.problems)
        text: str | None = getattr(start, "value", None)
        where = (*path, text or "?")
        key = self._node(where)
        if isinstance(key, str):
            return key
        if len(self.problems) == known:
            found = described(key)
            self._complain(start, where, f"found {found} as a key, expected text in quotes")
        return text
