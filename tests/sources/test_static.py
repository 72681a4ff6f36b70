import asyncio

import pytest
from pydantic import ValidationError

from netwatch.sources.static import StaticOptions
from tests.kubernetes.keepingup import without_cluster
from tests.sources.publisher import Published


async def test_the_targets_are_published_once_and_for_good() -> None:
    options = StaticOptions.model_validate(["10.0.0.7", {"name": "wiki", "host": "wiki.example"}])
    published = Published()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await options.open(without_cluster()).run(published)
    assert published.names == ["10.0.0.7", "wiki"]
    assert len(published.snapshots) == 1


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "at least 1 item"),
        ("wiki", "valid list"),
        (["wiki", "wiki"], 'found "wiki" twice, expected different names or hosts'),
    ],
)
def test_a_wrong_list_is_refused(targets: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        StaticOptions.model_validate(targets)
