"""Many threads and one network."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.builders.waiting import wait_until
from tests.unit.infer.bundles import saved
from tests.unit.infer.failing import Greedy
from tests.unit.infer.films import film
from triage.daemon.batching import Batching
from triage.domain.assessment import Assessment, Model, Refusal, RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.bundle import load_bundle
from triage.infer.predictor import Predictor

LONG_S = 30.0
POISON, HOLLOW = 13.0, 14.0


class Network:
    """Names each film by its first pixel, notes its batches, and fails on poison."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.threads: set[int] = set()
        self.open = threading.Event()
        self.open.set()

    def drawn(self, film: Film) -> float:
        """Return the first pixel."""
        return float(film.stored[0, 0])

    def answers(self, drawn: Sequence[float]) -> list[Assessment | Refusal]:
        """Answer when the network is open."""
        self.batches.append(sorted(drawn))
        self.threads.add(threading.get_ident())
        assert self.open.wait(LONG_S)
        if POISON in drawn:
            raise RuntimeError("poison")
        return [
            Refusal(RefusalCode.NO_RESULT, "hollow") if each == HOLLOW else named(each)
            for each in drawn
        ]


def named(number: float) -> Assessment:
    return Assessment(Model(f"{number:g}", "1", "0" * 64), (), ())


def numbered(number: float) -> Film:
    return film(np.full((2, 2), number, np.float32))


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def pool(network: Network) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool
        network.open.set()


def together(
    pool: ThreadPoolExecutor, assessor: Batching[float], *numbers: float
) -> list["Future[list[Assessment]]"]:
    """Let a film of each number come at the same time."""
    return [pool.submit(assessor.assess, [numbered(number)]) for number in numbers]


def test_films_that_are_ready_together_go_through_together(
    network: Network, pool: ThreadPoolExecutor
) -> None:
    asked = together(pool, Batching(network, most=3, wait_s=LONG_S), 1, 2, 3)

    assert [each.result(LONG_S) for each in asked] == [[named(1)], [named(2)], [named(3)]]
    assert network.batches == [[1, 2, 3]]


def test_without_company_films_go_one_by_one(network: Network, pool: ThreadPoolExecutor) -> None:
    asked = together(pool, Batching(network, most=1, wait_s=LONG_S), 1, 2, 3)

    assert [each.result(LONG_S) for each in asked] == [[named(1)], [named(2)], [named(3)]]
    assert network.batches[0] in [[1], [2], [3]]


def test_a_film_that_stays_alone_waits_no_longer_than_it_must(network: Network) -> None:
    assessor = Batching(network, most=8, wait_s=0.01)

    assert assessor.assess([numbered(1)]) == [named(1)]


def test_who_comes_while_the_network_works_is_in_the_next_batch(
    network: Network, pool: ThreadPoolExecutor
) -> None:
    network.open.clear()
    assessor = Batching(network, most=8, wait_s=0)
    first = together(pool, assessor, 1)
    wait_until(lambda: network.batches)
    others = together(pool, assessor, 2, 3)
    wait_until(lambda: assessor.waiting == 2)

    network.open.set()

    assert [each.result(LONG_S) for each in first + others] == [[named(n)] for n in (1, 2, 3)]
    assert network.batches == [[1], [2, 3]]


def test_films_of_one_caller_keep_their_order(network: Network) -> None:
    assessor = Batching(network, most=1)

    assert assessor.assess([numbered(n) for n in (3, 1, 2)]) == [named(n) for n in (3, 1, 2)]


def test_the_network_is_asked_in_one_thread(network: Network, pool: ThreadPoolExecutor) -> None:
    assessor = Batching(network, most=2, wait_s=0.001)

    for each in together(pool, assessor, *range(12)):
        each.result(LONG_S)

    assert len(network.threads) == 1


def test_a_poison_film_alone_is_blamed(network: Network, pool: ThreadPoolExecutor) -> None:
    asked = together(pool, Batching(network, most=3, wait_s=LONG_S), 1, POISON, 3)

    assert asked[0].result(LONG_S) == [named(1)]
    assert asked[2].result(LONG_S) == [named(3)]
    with pytest.raises(RuntimeError, match="poison"):
        asked[1].result(LONG_S)
    assert network.batches[0] == [1, 3, POISON]
    assert sorted(network.batches[1:]) == [[1], [3], [POISON]]


def test_a_network_alone_blames_the_neighbours_too(network: Network) -> None:
    with pytest.raises(RuntimeError, match="poison"):
        network.answers([1, POISON, 3])


def test_a_film_without_a_result_spoils_no_other(
    network: Network, pool: ThreadPoolExecutor
) -> None:
    asked = together(pool, Batching(network, most=2, wait_s=LONG_S), 1, HOLLOW)

    assert asked[0].result(LONG_S) == [named(1)]
    with pytest.raises(UnassessableFilm, match="hollow"):
        asked[1].result(LONG_S)
    assert len(network.batches) == 1


def test_after_a_failure_the_network_is_asked_again(network: Network) -> None:
    assessor = Batching(network, most=1)
    with pytest.raises(RuntimeError):
        assessor.assess([numbered(POISON)])

    assert assessor.assess([numbered(1)]) == [named(1)]


def test_without_memory_for_a_batch_the_predictor_halves_it(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    bundle = load_bundle(saved(tmp_path))
    predictor = Predictor(bundle, "cpu")
    bundle.network.classifier = greedy = Greedy(bundle.network.classifier, 2)
    assessor = Batching(predictor, most=4, wait_s=LONG_S)
    noise = np.random.default_rng(4)
    films = [film(noise.random((40, 40), dtype=np.float32)) for _ in range(4)]

    found = [pool.submit(assessor.assess, [each]) for each in films]

    assert [len(each.result(LONG_S)) for each in found] == [1, 1, 1, 1]
    assert greedy.refused == 1
