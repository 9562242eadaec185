import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.decode.window import Function, Window, ramp

centers = st.floats(-5000, 70000)
widths = st.floats(1, 70000)
functions = st.sampled_from(Function)


@given(centers, widths, functions)
def test_every_window_keeps_the_order_of_values_within_black_and_white(
    center: float, width: float, function: Function
) -> None:
    values = np.linspace(-10000, 80000, 500, dtype=np.float32)

    shown = Window(center, width, function)(values)

    assert np.all(np.diff(shown) >= 0)
    assert 0 <= shown[0] <= shown[-1] <= 1


@pytest.mark.parametrize(
    ("function", "black", "white"), [("LINEAR", 0, 4095), ("LINEAR_EXACT", 0, 4096)]
)
def test_a_linear_window_ends_where_the_standard_says(
    function: str, black: float, white: float
) -> None:
    shown = Window(2048, 4096, Function(function))(
        np.array([black, black + 1, white - 1, white], np.float32)
    )

    assert (shown[0], shown[3]) == (0, 1)
    assert 0 < shown[1] < shown[2] < 1


def test_a_window_of_width_one_is_a_step() -> None:
    assert Window(100, 1)(np.array([99, 99.5, 100], np.float32)).tolist() == [0, 0, 1]


def test_the_middle_of_a_sigmoid_is_gray() -> None:
    shown = Window(100, 50, Function.SIGMOID)(np.array([75, 100, 125], np.float32))

    assert np.allclose(shown, [1 / (1 + np.e**2), 0.5, 1 / (1 + np.e**-2)])


@pytest.mark.parametrize(("width", "function"), [(0.5, "LINEAR"), (0, "SIGMOID"), (-1, "LINEAR")])
def test_a_width_without_meaning_is_refused(width: float, function: str) -> None:
    with pytest.raises(ValueError, match="window width"):
        Window(100, width, Function(function))


@pytest.mark.parametrize(("center", "width"), [(1e13, 1), (-1e13, 1), (0, 1e13), (0, 1e-13)])
def test_numbers_that_float32_cannot_work_with_are_refused(center: float, width: float) -> None:
    with pytest.raises(ValueError, match=r"window (center|width) .*1e\+12"):
        Window(center, width, Function.SIGMOID)


@pytest.mark.parametrize(("center", "width"), [(1e12, 1e12), (-1e12, 1e-12)])
def test_the_last_numbers_that_float32_can_work_with_are_not(center: float, width: float) -> None:
    shown = Window(center, width, Function.SIGMOID)(np.array([-2e12, 2e12], np.float32))

    assert shown.tolist() == pytest.approx([0, 1], abs=0.02)


def test_a_ramp_has_the_shape_of_its_values() -> None:
    assert ramp(np.zeros((2, 3), np.float32), 0, 1).shape == (2, 3)
