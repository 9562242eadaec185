import torch

from triage.infer.likeness import SIZE, LikenessNetwork, measure, standardised


def network() -> LikenessNetwork:
    torch.manual_seed(3)
    return LikenessNetwork(4).eval()


def test_measures_do_not_move_with_a_linear_window() -> None:
    squares = torch.rand(2, SIZE, SIZE, generator=torch.Generator().manual_seed(1))

    difference = measure(network(), squares) - measure(network(), 0.2 + 0.5 * squares)

    assert difference.abs().max() < 1e-4


def test_a_constant_square_is_measured_with_finite_numbers() -> None:
    assert measure(network(), torch.full((1, SIZE, SIZE), 0.5)).isfinite().all()


def test_a_film_is_measured_alike_whatever_is_beside_it() -> None:
    squares = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(2))

    alone = measure(network(), squares[1:2])[0]

    assert torch.allclose(measure(network(), squares)[1], alone, atol=1e-4)


def test_standardised_squares_have_mean_zero_and_deviation_one() -> None:
    squares = standardised(torch.rand(2, SIZE, SIZE, generator=torch.Generator().manual_seed(4)))

    assert squares.mean(dim=(1, 2)).abs().max() < 1e-4
    assert (squares.std(dim=(1, 2)) - 1).abs().max() < 1e-4
