import torch

from triage.train.films import Examples
from triage.train.marks import no_marks
from triage.train.recipe import Recipe
from triage.train.sampling import batches


def examples(normal: int, other: int) -> Examples:
    """Make films of which only the kind matters."""
    count = normal + other
    kinds = torch.arange(count) < normal
    return Examples(torch.zeros(count, 1, 1), torch.zeros(count, 1), kinds, no_marks(1))


def visited(films: Examples, recipe: Recipe, *, seed: int = 0) -> torch.Tensor:
    """Return the numbers of the films of one epoch."""
    return torch.cat(list(batches(films, recipe, torch.Generator().manual_seed(seed))))


def test_every_film_is_visited_once() -> None:
    order = visited(examples(normal=7, other=23), Recipe(batch=4))

    assert sorted(order.tolist()) == list(range(30))


def test_a_balanced_epoch_visits_both_kinds_alike() -> None:
    films = examples(normal=80, other=20)

    order = visited(films, Recipe(batch=8, balanced=0.5))

    counts = torch.bincount(order, minlength=100)
    assert len(order) == 100
    assert int(films.normal[order].sum()) == 50
    assert set(counts[80:].tolist()) == {2, 3}


def test_films_of_one_kind_need_no_balance() -> None:
    order = visited(examples(normal=0, other=9), Recipe(batch=4, balanced=0.5))

    assert sorted(order.tolist()) == list(range(9))


def test_another_epoch_has_another_order() -> None:
    films = examples(normal=8, other=22)

    orders = [visited(films, Recipe(balanced=0.5), seed=seed).tolist() for seed in (1, 1, 2)]

    assert orders[0] == orders[1] != orders[2]
