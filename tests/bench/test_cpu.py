from bench.cpu import Cost, cost_cells, ratio_cells

ROUNDS = [
    {"netwatch": Cost(0.2, 10_000, 10), "fping": Cost(0.4, 10_000, 10)},
    {"netwatch": Cost(0.3, 10_000, 10), "fping": Cost(1.2, 10_000, 10)},
    {"netwatch": Cost(0.4, 10_000, 10)},
]


def test_a_cost_is_in_ms_for_a_thousand_pings() -> None:
    assert Cost(cpu_seconds=0.15, pings=5_000, seconds=10).ms_per_1000 == 30
    assert Cost(cpu_seconds=0.15, pings=5_000, seconds=10).share_of_core == 0.015


def test_the_median_cost_of_all_rounds_is_told_and_of_ours_the_share_of_a_core() -> None:
    names = ["netwatch", "fping", "blackbox_exporter"]
    assert cost_cells(ROUNDS, names) == ["30.0 (3.00% of a core)", "80.0", "-"]


def test_a_ratio_is_of_two_costs_of_one_round() -> None:
    assert ratio_cells(ROUNDS, ["fping", "blackbox_exporter"]) == ["0.375", "-"]
