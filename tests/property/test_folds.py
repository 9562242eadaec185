"""Laws of folds: no patient on both sides, every film judged exactly once."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.train.folds import Fold, deal_patients, leave_collections_out

Film = tuple[str, str]

ALONE = [("X", "a"), ("Y", "b"), ("Z", "c")]
"""Patients of one collection each, so that few examples leave nothing to fit to."""

films = st.lists(st.tuples(st.sampled_from("PQRSTUVW"), st.sampled_from("abcde")), max_size=40).map(
    lambda drawn: [*ALONE, *drawn]
)
sizes = st.integers(1, 4)


def folded(films: list[Film], smallest: int) -> tuple[Fold, ...]:
    """Fold films; those that cannot be folded are no example."""
    patients, collections = zip(*films, strict=True)
    try:
        return leave_collections_out(patients, collections, smallest=smallest)
    except UnusableList:
        assume(False)
        raise


def shared(films: list[Film], held: NDArray[np.intp], trained: NDArray[np.intp]) -> set[str]:
    """Return the patients on both sides."""
    return {films[film][0] for film in held} & {films[film][0] for film in trained}


@given(films, sizes)
def test_no_patient_is_on_both_sides(films: list[Film], smallest: int) -> None:
    for fold in folded(films, smallest):
        assert not shared(films, fold.held, fold.trained)


@given(films, sizes)
def test_every_film_is_held_out_exactly_once(films: list[Film], smallest: int) -> None:
    held = np.concatenate([fold.held for fold in folded(films, smallest)])

    assert sorted(held.tolist()) == list(range(len(films)))


@given(films, sizes)
def test_only_films_of_held_patients_are_left_out(films: list[Film], smallest: int) -> None:
    for fold in folded(films, smallest):
        held = {films[film][0] for film in fold.held}
        rest = [number for number, (patient, _) in enumerate(films) if patient not in held]
        assert fold.trained.tolist() == rest


@given(films, sizes)
def test_a_collection_is_never_cut_apart(films: list[Film], smallest: int) -> None:
    sides = [{films[film][1] for film in fold.held} for fold in folded(films, smallest)]

    assert sum(len(side) for side in sides) == len({collection for _, collection in films})


@given(films, st.integers(1, 7))
def test_a_patient_is_dealt_to_one_part(films: list[Film], parts: int) -> None:
    patients = [patient for patient, _ in films]

    dealt = deal_patients(patients, parts=parts)

    assert len(set(zip(patients, dealt.tolist(), strict=True))) == len(set(patients))
    assert set(dealt.tolist()) <= set(range(parts))


def test_collections_alone_do_not_part_patients() -> None:
    films = [("P", "a"), ("Q", "a"), ("P", "b"), ("R", "b")]
    held = np.array([0, 1])

    assert shared(films, held, np.array([2, 3])) == {"P"}
    assert not shared(films, held, folded(films, 1)[0].trained)
