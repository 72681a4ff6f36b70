"""Reads why the API server refused: it says so in a Status, and what stands before it in text."""

import json

from netwatch.net.kubernetes.errors import ApiError

MAX_RETRY_AFTER_SECONDS = 120.0
MAX_QUOTED_CHARACTERS = 300
"""Enough for who may not do what; a page of HTML says no more in thousands."""


def refusal(status: int, body: bytes, retry_after: str = "") -> ApiError:
    """Return the error for an answer of this HTTP status; `retry_after` is the header's value."""
    return ApiError(
        f"the API server refuses ({status}): {_message(body)}",
        status=status,
        retry_after_seconds=_seconds(retry_after),
    )


def _message(body: bytes) -> str:
    """Return `message` of a Status (apimachinery's meta/v1), or what else stands there."""
    text = body.decode(errors="replace").strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _quoted(text)
    message = document.get("message") if isinstance(document, dict) else None
    return _quoted(message if isinstance(message, str) else text)


def _quoted(text: str) -> str:
    is_long = len(text) > MAX_QUOTED_CHARACTERS
    return json.dumps(text[:MAX_QUOTED_CHARACTERS] + "…" if is_long else text, ensure_ascii=False)


def _seconds(retry_after: str) -> float:
    """Read a number of seconds (RFC 9110 section 10.2.3); a date is left out."""
    is_number = retry_after.isascii() and retry_after.isdigit()
    return min(float(retry_after), MAX_RETRY_AFTER_SECONDS) if is_number else 0.0
