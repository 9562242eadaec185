from triage.daemon.retrial import SHORTEST_LIFE_S, Retrial


def is_due(*, lost: bool, after_s: float) -> bool:
    """Ask a process of some age."""
    times = iter([100.0, 100.0 + after_s])
    return Retrial(lambda: lost, clock=lambda: next(times)).is_due()


def test_a_process_that_lost_its_device_makes_room() -> None:
    assert is_due(lost=True, after_s=SHORTEST_LIFE_S)


def test_a_young_process_waits_before_it_makes_room() -> None:
    assert not is_due(lost=True, after_s=SHORTEST_LIFE_S - 1)


def test_a_process_with_its_device_stays() -> None:
    assert not is_due(lost=False, after_s=100 * SHORTEST_LIFE_S)
