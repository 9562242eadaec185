from dataclasses import replace

import numpy as np
import pytest

from tests.unit.evaluate.drawers import found
from triage.evaluate.localisation import Located
from triage.evaluate.overlap import IOU, MEASURES
from triage.evaluate.picks import MOST, not_drawn, picks


@pytest.fixture(scope="module")
def mass() -> Located:
    return found().located[0]


def group(like: Located, name: str, films: int) -> Located:
    """A group whose films have the better an IoU the later they come."""
    values = np.zeros((films, *like.values.shape[1:]))
    values[:, 0, MEASURES.index(IOU)] = np.arange(films) / films
    target = replace(like.target, label=name)
    return replace(like, target=target, films=np.zeros(films, np.intp), values=values)


def drawn(located: list[Located]) -> list[tuple[str, str]]:
    return [(pick.found.target.label, pick.place) for pick in picks(located)]


def test_a_group_has_its_best_its_middle_and_its_worst_film(mass: Located) -> None:
    many = [group(mass, name, 9) for name in ("Mass", "Nodule", "Edema", "Hernia")]

    assert drawn(many)[:3] == [
        ("Mass", "best of 9"),
        ("Mass", "number 5 of 9"),
        ("Mass", "worst of 9"),
    ]
    assert [pick.row for pick in picks(many)[:3]] == [8, 4, 0]


def test_the_largest_group_comes_first_and_is_never_left_out(mass: Located) -> None:
    located = [group(mass, f"small {n:02}", 2) for n in range(12)] + [group(mass, "large", 25)]

    assert drawn(located)[0] == ("large", "best of 25")
    assert len(drawn(located)) == 11


def test_a_group_that_does_not_fit_is_named_with_all_smaller_ones(mass: Located) -> None:
    located = [group(mass, name, n) for name, n in zip("edcba", (1, 2, 5, 12, 25), strict=True)]
    located += [group(mass, "f", 1)]

    assert {name for name, _ in drawn(located)} == {*"abcde"}
    assert not_drawn(located) == "Not drawn (films): NIH f, by tumour (1)."


def test_where_all_groups_are_drawn_none_is_named(mass: Located) -> None:
    assert not_drawn([group(mass, "a", 25), group(mass, "b", 1)]) == ""


def test_a_film_that_is_alone_is_neither_best_nor_worst(mass: Located) -> None:
    assert drawn([group(mass, "a", 1)]) == [("a", "the only film")]
    assert [place for _, place in drawn([group(mass, "a", 2)])] == ["best of 2", "worst of 2"]


@pytest.mark.parametrize(("groups", "films"), [(1, 12), (2, 12), (3, 9), (4, 12), (20, 12)])
def test_few_groups_have_more_films(mass: Located, groups: int, films: int) -> None:
    assert len(picks([group(mass, str(n), 30) for n in range(groups)])) == films <= MOST
