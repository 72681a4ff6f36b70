from pydantic import TypeAdapter

from netwatch.sources import SOURCES


def test_every_source_can_be_configured_and_opened() -> None:
    examples: dict[str, object] = {
        "static": ["127.0.0.1"],
        "file": {"path": "targets.yaml"},
        "local": {"loopback": "yes"},
    }
    assert examples.keys() == SOURCES.keys()
    for name, options in examples.items():
        source = TypeAdapter(SOURCES[name]).validate_python(options).open()
        assert callable(source.run)
