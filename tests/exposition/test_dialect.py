"""What a response says it is."""

import prometheus_client.exposition as text
import pytest
from prometheus_client.openmetrics import exposition as openmetrics

from netwatch.exposition.dialect import Dialect


@pytest.mark.parametrize(
    ("dialect", "content_type"),
    [
        (Dialect.TEXT, text.CONTENT_TYPE_PLAIN_0_0_4),
        (Dialect.OPENMETRICS, openmetrics.CONTENT_TYPE_LATEST),
    ],
)
def test_content_types_are_those_of_the_client_library(dialect: Dialect, content_type: str) -> None:
    assert dialect.content_type == content_type
