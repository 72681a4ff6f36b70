import asyncio
import json
from itertools import pairwise

import pytest

from netwatch.net.kubernetes.query import Query
from netwatch.net.kubernetes.reflector import PAGE_OBJECTS, WATCH_SILENT_SECONDS
from tests.kubernetes.apiserver import (
    Answer,
    ApiServer,
    ScriptedServer,
    event,
    hangs,
    not_a_list,
    refuses,
    resets,
    status_of,
    streams,
)
from tests.kubernetes.keepingup import ALL_NODES, kept_up, names, soon
from tests.kubernetes.objects import NODES, a_node

virtual_time = pytest.mark.virtual_time


async def test_what_is_there_is_listed_and_what_changes_is_seen(api_server: ApiServer) -> None:
    await api_server.put(NODES, a_node("kube-1", "10.0.0.1"))
    async with kept_up(api_server) as reflector:
        await soon(lambda: names(reflector) == ["kube-1"])
        await api_server.put(NODES, a_node("kube-2", "10.0.0.2"))
        await soon(lambda: names(reflector) == ["kube-1", "kube-2"])
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", cordoned=True))
        await soon(lambda: any(n.spec.unschedulable for n in (reflector.objects or {}).values()))
        await api_server.delete(NODES, "kube-1")
        await soon(lambda: names(reflector) == ["kube-2"])
        assert reflector.problem == ""


async def test_an_empty_list_is_known_to_be_empty(api_server: ApiServer) -> None:
    async with kept_up(api_server) as reflector:
        await soon(lambda: reflector.objects is not None)
        assert reflector.objects == {}


async def test_only_what_a_selector_matches_is_seen(api_server: ApiServer) -> None:
    query = Query(NODES, ALL_NODES.codec, label_selector="pool=web")
    await api_server.put(NODES, a_node("kube-1", labels={"pool": "web"}))
    await api_server.put(NODES, a_node("kube-2", labels={"pool": "batch"}))
    async with kept_up(api_server, query) as reflector:
        await soon(lambda: names(reflector) == ["kube-1"])
        await api_server.put(NODES, a_node("kube-3", labels={"pool": "web"}))
        await soon(lambda: names(reflector) == ["kube-1", "kube-3"])


async def test_a_long_list_comes_in_pages(scripted: ScriptedServer) -> None:
    for number in range(PAGE_OBJECTS + 1):
        await scripted.put(NODES, a_node(f"kube-{number}"))
    async with kept_up(scripted) as reflector:
        await soon(lambda: len(names(reflector)) == PAGE_OBJECTS + 1)
    assert [asked.params["limit"] for asked in scripted.lists] == [str(PAGE_OBJECTS)] * 2


@virtual_time
async def test_a_watch_asks_for_bookmarks_and_goes_on_from_the_last_one(
    scripted: ScriptedServer,
) -> None:
    bookmark = event("BOOKMARK", {"metadata": {"resourceVersion": "77"}})
    scripted.next_watches.append(streams(bookmark, then=hangs))
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(WATCH_SILENT_SECONDS + 5)
        first, second = scripted.watches[:2]
        assert first.params["allowWatchBookmarks"] == "true"
        assert (first.params["resourceVersion"], second.params["resourceVersion"]) == ("1", "77")
        assert reflector.objects == {}
    assert len(scripted.lists) == 1


@virtual_time
async def test_a_silent_stream_is_given_up_and_resumed_without_a_word(
    scripted: ScriptedServer,
) -> None:
    scripted.next_watches.append(streams(then=hangs))
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(1)
        await scripted.put(NODES, a_node("kube-1"))
        await asyncio.sleep(WATCH_SILENT_SECONDS - 10)
        assert names(reflector) == []
        await asyncio.sleep(15)
        assert names(reflector) == ["kube-1"]
        assert reflector.problem == ""
    assert len(scripted.lists) == 1


@virtual_time
async def test_what_happens_between_two_watches_is_not_missed(scripted: ScriptedServer) -> None:
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(700)  # the server has ended one by then
        await scripted.put(NODES, a_node("kube-1"))
        await asyncio.sleep(1)
        assert names(reflector) == ["kube-1"]
        assert reflector.problem == ""
    assert (len(scripted.lists), len(scripted.watches)) == (1, 2)


@virtual_time
@pytest.mark.parametrize("gone", ["event", "status"])
async def test_where_the_version_is_gone_all_is_listed_again(
    scripted: ScriptedServer, gone: str
) -> None:
    await scripted.put(NODES, a_node("kube-1"))
    if gone == "status":
        scripted.next_watches.append(refuses(410, status_of(410, "too old resource version")))
    else:
        too_old = event("ERROR", status_of(410, "too old resource version"))
        scripted.next_watches.append(streams(too_old))
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(0.1)
        await scripted.delete(NODES, "kube-1")
        scripted.forget_history()
        assert names(reflector) == ["kube-1"]
        assert reflector.problem == ""  # it is the way of the server
        await asyncio.sleep(5)
        assert names(reflector) == []
        assert reflector.problem == ""
    assert len(scripted.lists) == 2


@virtual_time
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(streams(), id="closes at once"),
        pytest.param(streams(event("ADDED", a_node("kube-1"))), id="an event, then closes"),
        pytest.param(streams(b'{"type": "ADDED", "obj', then=resets), id="resets in mid-event"),
        pytest.param(refuses(500, "upstream connect error"), id="500 with text"),
        pytest.param(refuses(429, status_of(429, "slow down")), id="429"),
        pytest.param(streams(b"no json\n"), id="no json"),
        pytest.param(streams(b"x" * 9_000_000), id="an oversized object"),
        pytest.param(streams(b'{"type": "RENAMED", "object": {}}\n'), id="an unknown event"),
        pytest.param(streams(event("ERROR", status_of(410, "gone"))), id="410 for ever"),
    ],
)
async def test_no_fault_of_the_server_makes_us_ask_in_a_hot_loop(
    scripted: ScriptedServer, answer: Answer
) -> None:
    scripted.next_watches.extend([answer] * 1000)
    loop = asyncio.get_running_loop()
    async with kept_up(scripted) as reflector:
        began = loop.time()
        await asyncio.sleep(600)
        assert reflector.problem
        assert 8 <= len(scripted.watches) <= 600 / 30, f"in {loop.time() - began} s"
        scripted.next_watches.clear()
        await asyncio.sleep(70)
        assert reflector.problem == ""
        await scripted.put(NODES, a_node("kube-9"))
        await asyncio.sleep(1)
        assert "kube-9" in names(reflector)


@virtual_time
async def test_waits_grow_and_begin_anew_after_a_watch_that_lasted(
    scripted: ScriptedServer,
) -> None:
    times: list[float] = []
    loop = asyncio.get_running_loop()

    def noting(answer: Answer) -> Answer:
        async def noted(request: object) -> object:
            times.append(loop.time())
            return await answer(request)  # type: ignore[arg-type]  # as it came

        return noted  # type: ignore[return-value]  # as it came

    scripted.next_watches.extend([noting(streams())] * 4)
    scripted.next_watches.append(noting(streams(then=hangs)))
    scripted.next_watches.append(noting(streams()))
    async with kept_up(scripted):
        await asyncio.sleep(200)
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits[:4] == pytest.approx([0.75, 1.5, 3, 6], abs=0.1)
    assert waits[4] == pytest.approx(WATCH_SILENT_SECONDS + 0.75, abs=0.1)


@virtual_time
async def test_the_server_says_how_long_it_wants_to_be_left_alone(
    scripted: ScriptedServer,
) -> None:
    busy = refuses(429, status_of(429, "slow down"), **{"Retry-After": "40"})
    scripted.next_lists.append(busy)
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(39)
        assert len(scripted.asked) == 1
        assert reflector.problem == 'the API server refuses (429): "slow down"'
        await asyncio.sleep(2)
        assert reflector.objects == {}
        assert reflector.problem == ""


@virtual_time
async def test_a_token_that_the_server_does_not_know_is_read_again(
    scripted: ScriptedServer,
) -> None:
    await scripted.put(NODES, a_node("kube-1"))
    scripted.write_kubeconfig(token="expired")
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(0.5)
        assert "401" in reflector.problem
        scripted.write_kubeconfig()
        await asyncio.sleep(2)
        assert names(reflector) == ["kube-1"]


@virtual_time
async def test_what_was_known_stays_while_the_server_is_away(scripted: ScriptedServer) -> None:
    await scripted.put(NODES, a_node("kube-1"))
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(1)
        port = scripted.port
        await scripted.stop()
        await asyncio.sleep(300)
        assert names(reflector) == ["kube-1"]
        assert "cannot be asked" in reflector.problem
        await scripted.start(port)
        await asyncio.sleep(70)
        assert names(reflector) == ["kube-1"]
        assert reflector.problem == ""


@virtual_time
@pytest.mark.parametrize(
    "answer",
    [
        not_a_list,
        streams(b'{"metadata": {}, "items": ['),
        streams(json.dumps({"metadata": {"continue": 7}}).encode()),
        refuses(500, "x" * 100_000),
        refuses(403, status_of(403, "nodes is forbidden")),
        streams(b'{"items"', then=hangs),
    ],
)
async def test_a_list_that_is_none_changes_nothing(
    scripted: ScriptedServer, answer: Answer
) -> None:
    await scripted.put(NODES, a_node("kube-1"))
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(1)
        scripted.next_watches.append(refuses(410, "gone"))
        scripted.next_lists.extend([answer] * 100)
        await scripted.stop()
        await scripted.start(scripted.port)
        await asyncio.sleep(100)
        assert names(reflector) == ["kube-1"]
        assert reflector.problem
        assert len(reflector.problem) < 400
        scripted.next_lists.clear()
        await asyncio.sleep(100)
        assert names(reflector) == ["kube-1"]
        assert reflector.problem == ""


@virtual_time
async def test_a_list_that_is_gone_between_two_pages_begins_anew(
    scripted: ScriptedServer,
) -> None:
    for number in range(PAGE_OBJECTS + 1):
        await scripted.put(NODES, a_node(f"kube-{number}"))
    first = {"metadata": {"resourceVersion": "5", "continue": "x"}, "items": []}
    scripted.next_lists.append(streams(json.dumps(first).encode()))
    scripted.next_lists.append(refuses(410, status_of(410, "the continue token is too old")))
    async with kept_up(scripted) as reflector:
        await asyncio.sleep(5)
        assert len(names(reflector)) == PAGE_OBJECTS + 1


async def test_readers_are_told_of_changes_and_not_of_bookmarks(scripted: ScriptedServer) -> None:
    bookmark = event("BOOKMARK", {"metadata": {"resourceVersion": "77"}})
    node = a_node("kube-1", uid="1", resourceVersion="78")
    scripted.next_watches.append(streams(bookmark, then=hangs))
    scripted.next_watches.append(streams(event("ADDED", node), then=hangs))
    changed = asyncio.Event()
    async with kept_up(scripted) as reflector:
        reflector.add_reader(changed)
        assert changed.is_set()
        await soon(lambda: len(scripted.watches) == 1)
        await asyncio.sleep(0.2)
        changed.clear()
        await asyncio.sleep(0.2)
        assert not changed.is_set()
        await scripted.stop()
        await asyncio.wait_for(changed.wait(), 5)
