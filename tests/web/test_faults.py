import logging

import pytest
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from netwatch.web.faults import server_log


def told_about(caplog: pytest.LogCaptureFixture, error: Exception) -> bool:
    log = server_log()
    try:
        raise error
    except type(error):
        log.exception("Error handling request")
    return bool(caplog.records)


@pytest.mark.parametrize("error", [BadHttpMessage("Authorization: x"), web.RequestPayloadError()])
def test_a_malformed_request_is_no_news(caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    assert not told_about(caplog, error)


def test_a_fault_of_ours_is(caplog: pytest.LogCaptureFixture) -> None:
    assert told_about(caplog, ZeroDivisionError())


def test_a_line_without_an_error_is(caplog: pytest.LogCaptureFixture) -> None:
    server_log().warning("something else")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
