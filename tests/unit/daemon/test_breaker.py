"""Pauses that grow, with a clock that moves when it is told to."""

from datetime import timedelta

import pytest

from tests.builders.clock import Clock
from triage.daemon.breaker import LONGEST_AWAY, Breaker, back_off


@pytest.mark.parametrize("failures", [0, 1, 2, 5, 100, 10**6])
def test_chance_makes_a_pause_at_most_half_as_long_again(failures: int) -> None:
    shortest = back_off(failures, chance=lambda: 0.0)
    longest = back_off(failures, chance=lambda: 1.0)

    assert timedelta(seconds=1) <= shortest <= timedelta(minutes=5)
    assert longest == shortest * 1.5


def test_a_destination_that_has_failed_is_left_alone_for_a_while(clock: Clock) -> None:
    breaker = Breaker(chance=lambda: 0.0)
    breaker.failed(clock.now)

    assert breaker.is_open(clock.wait(0.9))
    assert not breaker.is_open(clock.wait(0.1))


def test_a_destination_that_was_away_for_a_day_is_tried_within_a_minute(clock: Clock) -> None:
    breaker = Breaker(chance=lambda: 1.0)
    for _ in range(2000):
        breaker.failed(clock.now)

    assert not breaker.is_open(clock.now + LONGEST_AWAY * 1.5)


def test_a_destination_that_answers_is_trusted_at_once(clock: Clock) -> None:
    breaker = Breaker(chance=lambda: 0.0)
    breaker.failed(clock.now)

    breaker.succeeded()

    assert not breaker.is_open(clock.now)
    assert breaker.failed(clock.now) == timedelta(seconds=1)
