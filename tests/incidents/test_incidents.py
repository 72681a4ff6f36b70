"""What docs/incidents.md shows is what netwatch says of such networks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.incidents.breakages import BREAKAGES
from tests.incidents.cluster import Cluster
from tests.incidents.document import DOCUMENT, commands, configurations, stories, without_times
from tests.namespaces import Namespace

TEXT = DOCUMENT.read_text()
STORIES = stories(TEXT)


def test_every_story_is_told_and_every_telling_has_its_story() -> None:
    assert list(STORIES) == list(BREAKAGES)
    assert all(commands(story) for story in STORIES.values())


@pytest.mark.netns
@pytest.mark.timeout(240)  # seconds of pinging, by several programs one after the other
@pytest.mark.parametrize("heading", BREAKAGES)
def test_a_broken_network_looks_as_the_document_says(
    heading: str, netns: Callable[[str], Namespace], tmp_path: Path, may_ping: None
) -> None:
    del may_ping
    cluster = Cluster(netns, tmp_path)
    for name, config in configurations(TEXT).items():
        (tmp_path / name).write_text(config)
    with BREAKAGES[heading](cluster):
        for command in commands(STORIES[heading]):
            said = cluster.run(command.node, command.arguments)
            assert without_times(said) == without_times(command.output), command
