"""Sizes as blackbox_exporter reads them, of base 2 whatever is written, `10MB` and `10MiB`."""

import re

from netwatch.wire.document import described

BYTE_SIZE_PATTERN = r"^(0|([0-9]+(\.[0-9]+)?([KMGTPE]i?)?B)+)$"
MAX_BYTES = 2**63 - 1

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGTPE]?)i?B")


def parse_byte_size(text: object) -> int:
    """Return the bytes that `text` means; raises ValueError for anything else."""
    written = str(text) if isinstance(text, str | int) else ""
    if re.fullmatch(BYTE_SIZE_PATTERN, written):
        size = sum(
            float(number) * 1024 ** " KMGTPE".index(prefix or " ")
            for number, prefix in _PART.findall(written)
        )
        if size <= MAX_BYTES:
            return int(size)
    raise ValueError(f"found {described(text)}, expected a size such as 512KB or 10MB")
