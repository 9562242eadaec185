"""Pauses that grow, with a clock that moves when it is told to."""

from datetime import timedelta

import pytest

from tests.builders.clock import Clock
from triage.daemon.breaker import LONGEST_AWAY, LONGEST_PAUSE, Breaker, back_off


@pytest.mark.parametrize("failures", [0, 1, 2, 5, 100, 10**6])
@pytest.mark.parametrize("longest", [LONGEST_AWAY, LONGEST_PAUSE])
def test_chance_makes_a_pause_half_as_long_again_and_never_longer_than_the_longest(
    failures: int, longest: timedelta
) -> None:
    least = back_off(failures, chance=lambda: 0.0, longest=longest)
    most = back_off(failures, chance=lambda: 1.0, longest=longest)

    assert timedelta(seconds=1) <= least
    assert most == least * 1.5 <= longest


def test_a_destination_that_has_failed_is_left_alone_for_a_while(clock: Clock) -> None:
    breaker = Breaker(chance=lambda: 0.0)
    breaker.failed(clock.now)

    assert breaker.is_open(clock.wait(0.9))
    assert not breaker.is_open(clock.wait(0.1))


def test_a_destination_that_was_away_for_a_day_is_tried_within_a_minute(clock: Clock) -> None:
    breaker = Breaker(chance=lambda: 1.0)
    for _ in range(2000):
        breaker.failed(clock.now)

    assert not breaker.is_open(clock.now + LONGEST_AWAY)


def test_a_destination_that_answers_is_trusted_at_once(clock: Clock) -> None:
    breaker = Breaker(chance=lambda: 0.0)
    breaker.failed(clock.now)

    breaker.succeeded()

    assert not breaker.is_open(clock.now)
    assert breaker.failed(clock.now) == timedelta(seconds=1)
