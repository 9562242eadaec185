import torch

from triage.train.augmentation import Draw, Position, exposed, position, reduced


def draw(films: int, *, seed: int = 0) -> Draw:
    """Begin to draw for some films."""
    return Draw(torch.Generator().manual_seed(seed), films)


def discs() -> torch.Tensor:
    """Draw 64 squares with a bright disc in the middle, float32 (64, 48, 48)."""
    rows = torch.linspace(-1, 1, 48)
    disc = (rows[:, None] ** 2 + rows[None, :] ** 2 < 0.25).float()
    return (0.3 + 0.4 * disc).expand(64, 48, 48)


def distorted(squares: torch.Tensor, size: int, draw: Draw) -> torch.Tensor:
    """Draw another position and another exposure of each film."""
    return exposed(position(0.0, draw, distorted=True).laid(squares), size, draw)


def test_a_distorted_film_keeps_its_range_and_has_the_size_asked_for() -> None:
    seen = distorted(discs(), 32, draw(64))

    assert seen.shape == (64, 32, 32)
    assert 0 <= float(seen.min()) < float(seen.max()) <= 1


def test_no_two_visits_are_alike_and_a_seed_repeats_them() -> None:
    once, again = (distorted(discs(), 32, draw(64, seed=1)) for _ in range(2))

    assert torch.equal(once, again)
    assert not torch.equal(once[0], once[1])


def test_a_disc_stays_near_the_middle() -> None:
    seen = distorted(discs(), 48, draw(64, seed=3))

    bright = (seen > seen.mean(dim=(1, 2), keepdim=True)).float()
    places = torch.linspace(-1, 1, 48)
    down = (bright.sum(dim=2) * places).sum(dim=1) / bright.sum(dim=(1, 2))
    assert float(down.abs().max()) < 0.25


def test_the_share_of_mirrored_films_is_kept() -> None:
    slope = torch.linspace(0, 1, 4).expand(400, 4, 4)

    turned = (position(0.25, draw(400), distorted=False).laid(slope)[:, 0, 0] == 1).float().mean()

    assert 0.15 < float(turned) < 0.35


def test_no_film_is_mirrored_where_none_shall_be() -> None:
    slope = torch.linspace(0, 1, 4).expand(40, 4, 4)

    assert torch.equal(position(0.0, draw(40), distorted=False).laid(slope), slope)


def test_a_reduced_film_is_the_mean_over_areas() -> None:
    films = torch.arange(16.0).reshape(1, 4, 4)

    assert reduced(films, 2).tolist() == [[[2.5, 4.5], [10.5, 12.5]]]
    assert reduced(films, 4) is films


def test_a_mark_moves_with_its_film() -> None:
    films = torch.zeros(64, 48, 48)
    films[torch.arange(64), torch.arange(64) % 20 + 10, 12] = 1
    lying = position(0.5, draw(64), distorted=True)

    moved, some = lying.laid(films), lying.of(torch.tensor([3, 60])).laid(films[[3, 60]])

    assert torch.equal(moved[[3, 60]], some)
    assert not torch.equal(moved, films)


def test_nothing_is_laid_without_a_film() -> None:
    none = torch.zeros(0, dtype=torch.int64)

    assert position(0.5, draw(4), distorted=True).of(none).laid(torch.zeros(0, 8, 8)).shape[0] == 0


def test_a_position_that_is_none_changes_nothing() -> None:
    assert torch.equal(Position(torch.zeros(64).bool(), None).laid(discs()), discs())
