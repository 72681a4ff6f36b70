from netwatch.probes.kube_proxy.history import History


def test_a_process_that_began_at_another_time_was_restarted() -> None:
    history = History()
    starts = [1.0, 1.0, None, 1.0, 2.0, 2.0]
    assert [history.restarts(start) for start in starts] == [0, 0, 0, 0, 1, 0]


def test_failures_count_from_the_first_look_on_and_through_a_restart() -> None:
    history = History()
    assert history.new_failures({"restore": 7}) == {"restore": 0}
    assert history.new_failures({"restore": 9}) == {"restore": 2}
    assert history.new_failures({}) == {}
    assert history.new_failures({"restore": 1}) == {"restore": 1}


def test_a_sync_is_pending_since_it_was_first_seen_to_be() -> None:
    history = History()

    def pending(queued: float, synced: float, now: float) -> float:
        return history.pending_seconds({"IPv4": queued}, {"IPv4": synced}, now)["IPv4"]

    assert pending(100, 101, now=0) == 0
    # One change 1 s after the last sync, and then kube-proxy hangs.
    assert pending(102, 101, now=15) == 0
    assert pending(102, 101, now=30) == 15
    assert pending(102, 101, now=90) == 75
    assert pending(102, 103, now=105) == 0


def test_in_a_busy_cluster_each_sync_begins_a_new_wait() -> None:
    history = History()
    waits = [
        history.pending_seconds({"all": look + 0.5}, {"all": float(look)}, now=15.0 * look)["all"]
        for look in range(10)
    ]
    assert waits == [0.0] * 10


def test_what_only_one_time_is_known_of_is_not_known() -> None:
    assert History().pending_seconds({"IPv4": 5}, {}, 0) == {}


def test_what_was_never_synced_is_pending() -> None:
    history = History()
    history.pending_seconds({"IPv4": 5}, {"IPv4": 0}, 0)
    assert history.pending_seconds({"IPv4": 5}, {"IPv4": 0}, 10) == {"IPv4": 10}
