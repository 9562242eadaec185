from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000, UID, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit

from tests.unit.decode.headers import film
from triage.decode.geometry import geometry
from triage.decode.tint import gray, is_clothed
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

BYTES = np.arange(256, dtype=np.uint8).reshape(16, 16)
NO_CHROMA = np.full_like(BYTES, 128)


def in_three(first: NDArray[np.generic], kind: str = "RGB", /, **changes: object) -> Dataset:
    """A film whose header tells three samples per pixel."""
    asked = {"PhotometricInterpretation": kind, "SamplesPerPixel": 3}
    return film(first, **({"BitsStored": 8 * first.dtype.itemsize} | asked | changes))


def taken(dataset: Dataset, values: NDArray[np.generic]) -> tuple[NDArray[np.generic], int]:
    return gray(dataset, values, geometry(dataset))


def refusal(dataset: Dataset, values: NDArray[np.generic]) -> tuple[RefusalCode, str]:
    with pytest.raises(UnassessableFilm) as refused:
        taken(dataset, values)
    return refused.value.refusal.code, refused.value.refusal.sentence


def palette(red: NDArray[np.generic], blue: NDArray[np.generic]) -> Dataset:
    """A film of indices, whose palette has equal red and green."""
    dataset = film(BYTES, BitsStored=8, PhotometricInterpretation="PALETTE COLOR")
    for name, entries in (("Red", red), ("Green", red), ("Blue", blue)):
        bits = 8 * entries.dtype.itemsize
        dataset.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [256, 0, bits])
        dataset.add_new(f"{name}PaletteColorLookupTableData", "OW", entries.tobytes())
    return dataset


@pytest.mark.parametrize("interpretation", ["RGB", "YBR_RCT", "YBR_ICT", "YBR_FULL_422"])
def test_equal_channels_are_a_gray_film(interpretation: str) -> None:
    values, white = taken(in_three(BYTES, interpretation), np.dstack([BYTES] * 3))

    assert (values.tolist(), white) == (BYTES.tolist(), 255)


@pytest.mark.parametrize("interpretation", ["YBR_FULL", "YBR_FULL_422", "RGB"])
def test_luminance_without_chroma_is_a_gray_film(interpretation: str) -> None:
    values, white = taken(in_three(BYTES, interpretation), np.dstack([BYTES, *[NO_CHROMA] * 2]))

    assert (values.tolist(), white) == (BYTES.tolist(), 255)


def test_words_in_three_channels_keep_their_bits() -> None:
    words = BYTES.astype(np.uint16) * 16
    values, white = taken(in_three(words, BitsStored=12), np.dstack([words] * 3))

    assert (values.tolist(), white) == (words.tolist(), 4095)


@pytest.mark.parametrize(
    ("interpretation", "second"), [("RGB", BYTES[::-1]), ("YBR_FULL", NO_CHROMA + 30)]
)
def test_colour_is_refused(interpretation: str, second: NDArray[np.uint8]) -> None:
    pixels = np.dstack([BYTES, second, BYTES if interpretation == "RGB" else NO_CHROMA])

    assert refusal(in_three(BYTES, interpretation), pixels)[0] is RefusalCode.COLOR


def test_the_largest_difference_stands_in_the_sentence() -> None:
    pixels = np.dstack([BYTES] * 3)
    pixels[3, 3, 1] ^= 0x40

    assert "differ by up to 64 of 255" in refusal(in_three(BYTES), pixels)[1]


@pytest.mark.parametrize(
    ("syntax", "lossy", "is_gray"),
    [
        (JPEGBaseline8Bit, None, True),
        (JPEG2000, None, True),
        (ExplicitVRLittleEndian, "01", True),
        (ExplicitVRLittleEndian, "00", False),
        (JPEG2000Lossless, None, False),
    ],
)
def test_losses_may_leave_a_small_tint(syntax: UID, lossy: str | None, is_gray: bool) -> None:
    dataset = in_three(BYTES, LossyImageCompression=lossy)
    dataset.file_meta.TransferSyntaxUID = syntax
    tinted = np.dstack([BYTES // 2, BYTES // 2 + 5, BYTES // 2])

    assert _is_taken(dataset, tinted) is is_gray


def _is_taken(dataset: Dataset, pixels: NDArray[np.generic]) -> bool:
    try:
        return bool(taken(dataset, pixels))
    except UnassessableFilm:
        return False


@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535)])
def test_a_gray_palette_is_looked_up(kind: type[np.integer[Any]], most: int) -> None:
    falling = np.linspace(most, 0, 256).astype(kind)
    values, white = taken(palette(falling, falling), BYTES)

    assert (values[0, 0], values[15, 15], white) == (most, 0, most)


def test_a_palette_of_bytes_may_lie_in_words() -> None:
    falling = np.arange(255, -1, -1).astype(np.uint16)
    dataset = palette(falling, falling)
    for name in ("Red", "Green", "Blue"):
        dataset[f"{name}PaletteColorLookupTableDescriptor"].value = [256, 0, 8]

    values, white = taken(dataset, BYTES)

    assert white == 255
    assert np.array_equal(values, 255 - BYTES)


def test_a_coloured_palette_of_bytes_in_words_is_refused() -> None:
    entries = np.arange(256).astype(np.uint16)
    dataset = palette(entries, entries[::-1].copy())
    for name in ("Red", "Green", "Blue"):
        dataset[f"{name}PaletteColorLookupTableDescriptor"].value = [256, 0, 8]

    assert refusal(dataset, BYTES)[0] is RefusalCode.COLOR


def test_a_coloured_palette_is_refused() -> None:
    entries = np.arange(256, dtype=np.uint8)

    assert refusal(palette(entries, entries[::-1].copy()), BYTES)[0] is RefusalCode.COLOR


def test_a_colour_that_the_film_does_not_use_does_not_count() -> None:
    entries = np.arange(256, dtype=np.uint8)
    colored = np.where(entries > 200, 0, entries).astype(np.uint8)

    assert _is_taken(palette(entries, colored), BYTES.clip(0, 200).astype(np.uint8))


@pytest.mark.parametrize(
    "changes", [{"SamplesPerPixel": 1}, {"SamplesPerPixel": 4}, {"SamplesPerPixel": 2}]
)
def test_samples_that_the_interpretation_does_not_have_are_refused(
    changes: dict[str, object],
) -> None:
    pixels = np.dstack([BYTES] * 3)

    assert refusal(in_three(BYTES, **changes), pixels)[0] is RefusalCode.CONTRADICTION


@pytest.mark.parametrize(
    ("interpretation", "clothed"),
    [("RGB", True), ("PALETTE COLOR", True), ("MONOCHROME1", False), ("HSV", False)],
)
def test_clothes_are_known_by_their_name(interpretation: str, clothed: bool) -> None:
    assert is_clothed(film(PhotometricInterpretation=interpretation)) is clothed
