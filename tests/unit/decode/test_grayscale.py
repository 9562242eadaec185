import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.builders.gray import Lut, entries
from tests.unit.decode.headers import GRADIENT, film
from triage.decode.grayscale import grayscale

WINDOW = {"WindowCenter": "2048", "WindowWidth": "4096"}
GRAY_LEVEL = 1 / 255

seeds = st.integers(0, 10_000)


def shown(dataset: Dataset, stored: NDArray[np.generic] = GRADIENT) -> NDArray[np.float32]:
    display, _ = grayscale(dataset, stored, signed=stored.dtype.kind == "i")
    return display(stored.astype(np.float32))


def notes(dataset: Dataset) -> tuple[str, ...]:
    return grayscale(dataset, GRADIENT, signed=False)[1]


def picture(seed: int) -> NDArray[np.uint16]:
    random = np.random.default_rng(seed)
    return (random.beta(2, 3, (64, 64)) * 4095).astype(np.uint16)


@given(seeds)
def test_a_monochrome1_twin_looks_the_same(seed: int) -> None:
    stored = picture(seed)
    twin = 4095 - stored

    first = shown(film(stored, **WINDOW), stored)
    second = shown(film(twin, PhotometricInterpretation="MONOCHROME1", **WINDOW), twin)

    assert np.abs(first - second).max() <= GRAY_LEVEL


@given(seeds)
def test_an_inverted_twin_without_window_looks_the_same(seed: int) -> None:
    stored = picture(seed)
    twin = 4095 - stored

    first = shown(film(stored), stored)
    second = shown(film(twin, PhotometricInterpretation="MONOCHROME1"), twin)

    assert np.abs(first - second).max() <= GRAY_LEVEL


@given(seeds, st.integers(1, 15), st.integers(0, 4000))
def test_a_rescaled_twin_without_window_looks_the_same(seed: int, slope: int, start: int) -> None:
    stored = picture(seed)
    twin = (stored * slope + start).astype(np.uint16)

    first, second = shown(film(stored), stored), shown(film(twin, BitsStored=16), twin)

    assert np.abs(first - second).max() <= GRAY_LEVEL


@given(seeds)
def test_a_signed_twin_with_an_intercept_looks_the_same(seed: int) -> None:
    stored = picture(seed)
    twin = stored.astype(np.int16) - 2048

    first = shown(film(stored, **WINDOW), stored)
    second = shown(film(twin, RescaleIntercept="2048", RescaleSlope="1", **WINDOW), twin)

    assert np.abs(first - second).max() <= GRAY_LEVEL


@pytest.mark.parametrize(
    ("photometric", "shape", "black"),
    [
        ("MONOCHROME2", None, 0),
        ("MONOCHROME2", "IDENTITY", 0),
        ("MONOCHROME1", None, 1),
        ("MONOCHROME1", "INVERSE", 1),
    ],
)
def test_inverse_on_monochrome1_is_one_inversion(
    photometric: str, shape: str | None, black: int
) -> None:
    dataset = film(PhotometricInterpretation=photometric, PresentationLUTShape=shape, **WINDOW)

    assert shown(dataset)[0, 0] == black
    assert notes(dataset) == ()


@pytest.mark.parametrize(
    ("photometric", "shape", "black"),
    [("MONOCHROME1", "IDENTITY", 0), ("MONOCHROME2", "INVERSE", 1)],
)
def test_a_shape_that_contradicts_the_photometric_interpretation_holds_and_is_noted(
    photometric: str, shape: str, black: int
) -> None:
    dataset = film(PhotometricInterpretation=photometric, PresentationLUTShape=shape, **WINDOW)

    assert shown(dataset)[0, 0] == black
    assert notes(dataset) == ("presentation LUT shape contradicts photometric interpretation",)


def test_an_unknown_shape_is_not_followed_and_noted() -> None:
    dataset = film(PresentationLUTShape="LIN OD", **WINDOW)

    assert np.array_equal(shown(dataset), shown(film(**WINDOW)))
    assert notes(dataset) == ("presentation LUT shape ignored: unknown",)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"RescaleSlope": "1"}, ("rescale intercept absent: 0 assumed",)),
        ({"RescaleIntercept": "0"}, ("rescale slope absent: 1 assumed",)),
        ({"RescaleSlope": "1", "RescaleIntercept": "0"}, ()),
        ({}, ()),
    ],
)
def test_half_a_rescale_is_completed_and_noted(
    changes: dict[str, object], expected: tuple[str, ...]
) -> None:
    dataset = film(**WINDOW, **changes)

    assert np.array_equal(shown(dataset), shown(film(**WINDOW)))
    assert notes(dataset) == expected


def test_the_first_of_several_windows_is_followed() -> None:
    dataset = film(WindowCenter=["1024", "2048"], WindowWidth=["2048", "4096"])

    assert shown(dataset)[31, 63] == pytest.approx(1, abs=0.001)


def test_a_voi_table_goes_before_a_window() -> None:
    dataset = film(VOILUTSequence=Sequence([_table([0] * 2048 + [255] * 2048)]), **WINDOW)

    assert shown(dataset)[[31, 32], 0].tolist() == [0, 1]


def test_an_unknown_function_is_drawn_as_linear_and_noted() -> None:
    dataset = film(VOILUTFunction="LOG", **WINDOW)

    assert np.array_equal(shown(dataset), shown(film(**WINDOW)))
    assert notes(dataset) == ("VOI LUT function ignored: unknown",)


@pytest.mark.parametrize("stored", [GRADIENT // 2, GRADIENT - 2048])
def test_a_voi_table_of_signed_inputs_maps_a_film_with_or_without_negative_values(
    stored: NDArray[np.generic],
) -> None:
    values = stored.astype(np.int16)
    dataset = film(values, VOILUTSequence=Sequence([Lut(-2048, 4096, 12).item()]))

    curve = entries(Lut(-2048, 4096, 12))[values + 2048] / 4095

    assert np.allclose(shown(dataset, values), curve, atol=1e-6)


def test_a_first_input_that_lies_among_large_values_is_unsigned() -> None:
    stored = (40000 + GRADIENT).astype(np.uint16)
    table = Lut(40000, 4096, 12).item()
    table["LUTDescriptor"].VR = "SS"
    table.LUTDescriptor = [4096, 40000 - 65536, 12]
    dataset = film(stored, BitsStored=16, VOILUTSequence=Sequence([table]))

    assert np.allclose(shown(dataset, stored), entries(Lut(40000, 4096, 12)).reshape(64, 64) / 4095)


def test_a_modality_table_goes_before_slope_and_intercept() -> None:
    inverse = _table(list(range(4095, -1, -1)), bits=12)
    dataset = film(ModalityLUTSequence=Sequence([inverse]), RescaleSlope="1", **WINDOW)

    assert shown(dataset)[[0, 63], [0, 63]].tolist() == [1, 0]


def test_a_sigmoid_window_never_reaches_black() -> None:
    dataset = film(VOILUTFunction="SIGMOID", **WINDOW)

    assert 0.1 < shown(dataset).min() < 0.15


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"WindowCenter": "5", "WindowWidth": "0"}, "window ignored: window width 0"),
        ({"WindowCenter": "5", "WindowWidth": "-1"}, "window ignored: window width -1"),
        ({"WindowCenter": "90000", "WindowWidth": "10"}, "VOI LUT ignored: it hides the film"),
        ({"WindowCenter": "0", "WindowWidth": "9e9"}, "VOI LUT ignored: it hides the film"),
        ({"WindowCenter": "2048", "WindowWidth": "nan"}, "window ignored: not a number"),
        (
            {"WindowCenter": ["nan", "2048"], "WindowWidth": ["100", "4096"]},
            "window ignored: not a number",
        ),
        ({"WindowCenter": "2048"}, "window ignored: incomplete"),
        ({"WindowCenter": "1e300", "WindowWidth": "1e300"}, "window ignored: window width 1e+300"),
        ({"WindowCenter": "-1e13", "WindowWidth": "10"}, "window ignored: window center -1e+13"),
        (
            {"WindowCenter": "9", "WindowWidth": "1e-300", "VOILUTFunction": "SIGMOID"},
            "window ignored: window width 1e-300",
        ),
        ({"RescaleSlope": "1e36"}, "rescale ignored: slope 1e+36"),
        ({"RescaleSlope": "1e-30"}, "rescale ignored: slope 1e-30"),
        (
            {"RescaleSlope": "1", "RescaleIntercept": "1e9"},
            "rescale ignored: intercept 1e+09: at most 16777216 slopes of 1",
        ),
        ({"RescaleSlope": "0"}, "rescale ignored: slope 0"),
        ({"RescaleSlope": "nan"}, "rescale ignored: not a number"),
        ({"VOILUTSequence": Sequence([Dataset()])}, "VOI LUT ignored: unreadable"),
        ({"ModalityLUTSequence": Sequence([Dataset()])}, "modality LUT ignored: unreadable"),
    ],
)
def test_what_would_hide_the_film_is_not_followed_and_noted(
    changes: dict[str, object], note: str
) -> None:
    dataset = film(**changes)

    assert notes(dataset)[0].startswith(note)
    assert np.allclose(shown(dataset), shown(film()), atol=0.001)


@pytest.mark.parametrize("slope", [1e4, 1e-8, -1e4, -1e-8])
def test_a_rescale_that_float32_can_say_is_followed_with_its_window(slope: float) -> None:
    dataset = film(
        RescaleSlope=f"{slope:g}",
        RescaleIntercept=f"{slope * 1e6:g}",
        WindowCenter=f"{slope * (1e6 + 2048):g}",
        WindowWidth=f"{abs(slope) * 2048:g}",
        VOILUTFunction="LINEAR_EXACT",
    )
    plain = film(WindowCenter="2048", WindowWidth="2048", VOILUTFunction="LINEAR_EXACT")
    upright = shown(dataset) if slope > 0 else 1 - shown(dataset)

    assert np.abs(upright - shown(plain)).max() < GRAY_LEVEL
    assert notes(dataset) == ()


@pytest.mark.parametrize(
    ("slope", "intercept"), [("-1e13", "0"), ("-1", "1e9"), ("-1", "nan"), ("-1", "4095")]
)
def test_a_slope_below_zero_inverts_whether_it_is_followed_or_not(
    slope: str, intercept: str
) -> None:
    dataset = film(RescaleSlope=slope, RescaleIntercept=intercept)

    assert np.allclose(shown(dataset), 1 - shown(film()), atol=0.001)


UNREAD = "VOI LUT ignored: its modality units are unknown"


@pytest.mark.parametrize(
    "told",
    [
        {"WindowCenter": "1024", "WindowWidth": "2048"},
        {"WindowCenter": "0", "WindowWidth": "2048"},
        {"WindowCenter": "0"},
        {"VOILUTSequence": Sequence([Lut(0, 2048, 12).item()])},
    ],
    ids=["window", "window around 0", "half a window", "table"],
)
@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"RescaleSlope": "0", "RescaleIntercept": "-1024"}, "rescale ignored: slope 0: "),
        ({"RescaleSlope": "nan"}, "rescale ignored: not a number"),
        ({"ModalityLUTSequence": Sequence([Dataset()])}, "modality LUT ignored: unreadable"),
    ],
    ids=["slope 0", "no number", "table"],
)
def test_without_modality_units_no_window_and_no_table_is_followed(
    changes: dict[str, object], note: str, told: dict[str, object]
) -> None:
    dataset = film(**changes, **told)

    assert np.array_equal(shown(dataset), shown(film()))
    assert notes(dataset)[0].startswith(note)
    assert notes(dataset)[1:] == (UNREAD,)


def test_with_modality_units_the_window_is_followed_and_nothing_noted() -> None:
    dataset = film(RescaleSlope="1", RescaleIntercept="-1024", WindowCenter="0", WindowWidth="2048")

    assert shown(dataset)[[0, 16, 32], 0] == pytest.approx([0, 0.5, 1], abs=0.001)
    assert notes(dataset) == ()


def test_padding_does_not_stretch_the_histogram() -> None:
    padded = GRADIENT.astype(np.int16).copy()
    padded[:8] = -2000
    dataset = film(padded, BitsStored=16, PixelPaddingValue=63536)

    assert shown(dataset, padded)[9, 0] == pytest.approx(0.01, abs=0.02)


def test_a_film_of_one_value_is_gray() -> None:
    flat = np.full((8, 8), 7, np.uint16)

    assert shown(film(flat), flat).tolist() == np.full((8, 8), 0.5).tolist()


def _table(entries: list[int], bits: int = 8) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), 0, bits])
    item.add_new("LUTData", "US", entries)
    return item
