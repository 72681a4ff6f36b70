"""Breaks a network in each way of docs/incidents.md, and writes down what netwatch says of it."""

import tempfile
from pathlib import Path

from tests.incidents.breakages import BREAKAGES
from tests.incidents.cluster import made_alone
from tests.incidents.document import DOCUMENT, configurations, rewritten, stories


def main() -> None:
    """Write all sessions of the document anew."""
    text = DOCUMENT.read_text()
    for heading, story in stories(text).items():
        with tempfile.TemporaryDirectory() as folder, made_alone(Path(folder)) as cluster:
            for name, config in configurations(text).items():
                (cluster.folder / name).write_text(config)
            with BREAKAGES[heading](cluster):
                text = text.replace(story, rewritten(story, cluster.run))
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
