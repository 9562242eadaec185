import torch

from triage.train.augmentation import Draw, distorted, mirrored, reduced


def draw(films: int, *, seed: int = 0) -> Draw:
    """Begin to draw for some films."""
    return Draw(torch.Generator().manual_seed(seed), films)


def discs() -> torch.Tensor:
    """Draw 64 squares with a bright disc in the middle, float32 (64, 48, 48)."""
    rows = torch.linspace(-1, 1, 48)
    disc = (rows[:, None] ** 2 + rows[None, :] ** 2 < 0.25).float()
    return (0.3 + 0.4 * disc).expand(64, 48, 48)


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

    turned = (mirrored(slope, 0.25, draw(400))[:, 0, 0] == 1).float().mean()

    assert 0.15 < float(turned) < 0.35


def test_no_film_is_mirrored_where_none_shall_be() -> None:
    slope = torch.linspace(0, 1, 4).expand(40, 4, 4)

    assert torch.equal(mirrored(slope, 0.0, draw(40)), slope)


def test_a_reduced_film_is_the_mean_over_areas() -> None:
    films = torch.arange(16.0).reshape(1, 4, 4)

    assert reduced(films, 2).tolist() == [[[2.5, 4.5], [10.5, 12.5]]]
    assert reduced(films, 4) is films
