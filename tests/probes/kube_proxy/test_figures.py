import pytest

from netwatch.probes.kube_proxy.figures import Figures
from netwatch.wire.promtext import TextReader, read
from tests.probes.kube_proxy.proxy import IPTABLES, NFTABLES, OLD_METRICS

SYNC = "kubeproxy_sync_proxy_rules"


def figures_of(text: str) -> Figures:
    figures = Figures()
    for _ in read(TextReader(figures.take), [text.encode()]):
        pass
    return figures


def test_times_are_told_by_ip_family() -> None:
    figures = figures_of(IPTABLES)
    assert figures.queued == {"IPv4": 1.7952290740141985e09, "IPv6": 1.7952290740141997e09}
    assert figures.synced == {"IPv4": 1.7952290741719966e09, "IPv6": 1.7952290742255902e09}


def test_before_1_33_one_time_is_for_all() -> None:
    figures = figures_of(OLD_METRICS)
    assert (figures.queued, figures.synced) == ({"all": 1.6225e9}, {"all": 1.6225000001e9})


def test_what_a_server_says_makes_no_families() -> None:
    figures = figures_of(f'{SYNC}_last_timestamp_seconds{{ip_family="x"}} 1\n')
    assert figures.synced == {}


def test_failures_are_summed_and_absent_where_they_are_not_counted() -> None:
    name = f"{SYNC}_iptables_restore_failures_total"
    assert figures_of(f'{name}{{ip_family="IPv4"}} 2\n{name}{{ip_family="IPv6"}} 3\n').failures == {
        "restore": 5
    }
    assert figures_of(IPTABLES).failures == {}
    assert figures_of(f"{SYNC}_nftables_sync_failures_total 1\n").failures == {"nftables_sync": 1}


def test_pending_changes_are_told_by_kind() -> None:
    assert figures_of(NFTABLES).pending_changes == {"endpoint": 0, "service": 0}
    assert figures_of(OLD_METRICS).pending_changes == {"endpoint": 3}


@pytest.mark.parametrize(
    ("git_version", "version"),
    [
        ("v1.36.0", "1.36.0"),
        ("v1.21.14-eks-fb459a0", "1.21.14"),
        ("v0.0.0-master+$Format:%H$", "0.0.0"),
        ("v1.36", ""),
        ("v1.36.0.1", ""),
        ("v1.36.12345", ""),
        ("anything", ""),
    ],
)
def test_a_version_is_three_numbers_or_nothing(git_version: str, version: str) -> None:
    text = f'kubernetes_build_info{{git_version="{git_version}"}} 1\n'
    assert figures_of(text).version == version


def test_what_is_no_number_is_not_there() -> None:
    figures = figures_of("process_start_time_seconds NaN\n")
    assert figures.started is None
    assert figures_of("process_start_time_seconds 5\n").started == 5
