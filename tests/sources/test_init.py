from pydantic import TypeAdapter

from netwatch.sources import SOURCES
from tests.kubernetes.keepingup import without_cluster


def test_every_source_can_be_configured_and_opened() -> None:
    examples: dict[str, object] = {
        "static": ["127.0.0.1"],
        "file": {"path": "targets.yaml"},
        "local": {"loopback": "yes"},
        "nodes": {},
        "endpoints": {"namespace": "kube-system", "service": "kube-dns"},
        "pods": {},
        "services": {},
    }
    assert examples.keys() == SOURCES.keys()
    services = without_cluster()
    for name, options in examples.items():
        source = TypeAdapter(SOURCES[name]).validate_python(options).open(services)
        assert callable(source.run)
