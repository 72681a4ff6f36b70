import pytest

from netwatch.attempt import Attempt
from netwatch.httpclient.client import ClientOptions, HttpClient
from netwatch.model import Outcome, ProbeError
from netwatch.net.tls import TlsContexts
from netwatch.probes.kube_proxy.health import Verdict, ask_health
from netwatch.wire.http_url import Origin
from tests.http_server import everything_is_here, site
from tests.nouns import a_target
from tests.probes.kube_proxy.proxy import DELETING, HEALTHZ, LIVEZ, NOT_FOUND, OLD_HEALTHZ, page


async def verdict(**pages: bytes) -> Verdict:
    client = HttpClient(ClientOptions(), everything_is_here, TlsContexts())
    async with site() as served:
        served.pages = {f"/{name}": answer for name, answer in pages.items()}
        attempt = Attempt(a_target(address="127.0.0.1").endpoint)
        return await ask_health(client, attempt, Origin("http", "127.0.0.1", served.port))


async def test_one_that_is_well_on_a_node_that_stays() -> None:
    assert await verdict(livez=page(LIVEZ), healthz=page(HEALTHZ)) == Verdict(
        is_healthy=True, node_eligible=True
    )


async def test_on_a_node_that_is_deleted_it_is_well_and_the_node_is_not_eligible() -> None:
    found = await verdict(livez=page(LIVEZ), healthz=DELETING)
    assert found == Verdict(is_healthy=True, node_eligible=False)


@pytest.mark.parametrize(("status", "is_healthy"), [(200, True), (503, False)])
async def test_before_1_28_healthz_is_all_there_is(status: int, *, is_healthy: bool) -> None:
    found = await verdict(livez=NOT_FOUND, healthz=page(OLD_HEALTHZ, status))
    assert (found.is_healthy, found.node_eligible) == (is_healthy, None)
    assert found.stale_seconds == ({} if is_healthy else {"all": 130})


@pytest.mark.parametrize(
    ("livez", "healthz", "outcome"),
    [
        (NOT_FOUND, NOT_FOUND, Outcome.MISMATCH),
        (page(LIVEZ, 500), page(HEALTHZ), Outcome.MISMATCH),
        (page("ok"), page(HEALTHZ), Outcome.PROTOCOL),
        (page(LIVEZ), page("ok"), Outcome.PROTOCOL),
    ],
)
async def test_what_is_no_health_of_kube_proxy_is_a_failure(
    livez: bytes, healthz: bytes, outcome: Outcome
) -> None:
    with pytest.raises(ProbeError) as caught:
        await verdict(livez=livez, healthz=healthz)
    assert caught.value.outcome is outcome
