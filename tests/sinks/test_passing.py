from dataclasses import replace

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.text import render
from netwatch.foreign import ForeignFamily, Passage
from netwatch.model import Target
from netwatch.sinks.passing import PassingSink
from tests.nouns import a_check, a_result, a_target

CHECK = a_check("coredns", probe="scrape")


def a_passage(name: str = "a", path: str = "/metrics", **dropped: int) -> Passage:
    text = (f"{name} 1\n".encode(),)
    family = ForeignFamily(
        name=name,
        kind="gauge",
        help="",
        names=frozenset({name}),
        text=text,
        openmetrics=text,
        series=1,
    )
    return Passage(families=(family,), path=path, dropped=dropped)


def passed(sink: PassingSink, target: Target, passage: Passage | None) -> None:
    sink.observe(replace(a_result(target=target), passage=passage))


def shown(page: ForeignFamilies | None) -> str:
    return b"".join(page.render(Dialect.TEXT)).decode() if page else ""


def counts(sink: PassingSink) -> list[str]:
    text = b"".join(render([sink.table], Dialect.TEXT)).decode()
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [line.replace('check="coredns",probe="scrape",', "") for line in lines]


def test_what_a_target_says_is_shown_while_it_says_it() -> None:
    sink, target = PassingSink(), a_target("dns", check=CHECK)
    passed(sink, target, a_passage())
    assert shown(sink.ours) == "# TYPE a gauge\na 1\n"
    assert counts(sink) == ['netwatch_passed_series{target="dns",address="10.0.0.7",zone=""} 1']
    passed(sink, target, None)
    assert (shown(sink.ours), counts(sink)) == ("", [])


def test_what_a_target_said_goes_with_it() -> None:
    sink, target = PassingSink(), a_target("dns", check=CHECK)
    passed(sink, target, a_passage())
    sink.leave(target)
    sink.leave(a_target("another", check=CHECK))
    assert (shown(sink.ours), counts(sink), sink.complaints()) == ("", [], [])


def test_a_page_of_its_own_is_there_while_it_shows_something() -> None:
    sink, target = PassingSink(), a_target("dns", check=CHECK)
    assert sink.page("/metrics/dns") is None
    passed(sink, target, a_passage(path="/metrics/dns"))
    assert shown(sink.page("/metrics/dns")) == "# TYPE a gauge\na 1\n"
    assert shown(sink.ours) == ""
    passed(sink, target, None)
    assert sink.page("/metrics/dns") is None


def test_our_names_are_free_on_a_page_of_its_own() -> None:
    sink = PassingSink()
    sink.ours.reserved = frozenset({"process_x"})
    passed(sink, a_target("dns", check=CHECK), a_passage("process_x", path="/metrics/dns"))
    assert "process_x 1" in shown(sink.page("/metrics/dns"))


def test_what_is_not_shown_is_counted_and_said() -> None:
    sink = PassingSink()
    sink.ours.reserved = frozenset({"process_x"})
    passed(sink, a_target("dns", check=CHECK), a_passage("process_x", invalid=2))
    labels = '{target="dns",address="10.0.0.7",zone=""'
    assert counts(sink) == [
        f"netwatch_passed_series{labels}}} 0",
        f'netwatch_passed_dropped{labels},reason="invalid"}} 2',
        f'netwatch_passed_dropped{labels},reason="name"}} 1',
    ]
    assert sink.complaints() == [
        "coredns: dns (10.0.0.7): 2 lines are no metrics",
        "coredns: dns (10.0.0.7): 1 series have names of ours (see prefix)",
    ]


def test_counts_follow_the_labels_of_a_target() -> None:
    sink, target = PassingSink(), a_target("dns", check=CHECK)
    sink.change(target)
    passed(sink, target, a_passage())
    target.endpoint = replace(target.endpoint, zone="b")
    sink.change(target)
    assert 'zone="b"' in counts(sink)[0]
