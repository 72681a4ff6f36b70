"""What hosts(5) says: the addresses of names that need no name server."""

from netwatch.wire.hostname import parse_address


def parse_hosts(text: str) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each name, in the order of the file; names are in lower case.

    A name on several lines has all their addresses. Lines whose first word is no IP address are
    skipped, as the C library does.
    """
    table: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        first, *names = line.partition("#")[0].split() or [""]
        if address := parse_address(first):
            for name in map(str.lower, names):
                table[name] = tuple(dict.fromkeys((*table.get(name, ()), str(address))))
    return table
