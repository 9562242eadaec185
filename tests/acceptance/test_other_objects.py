"""Objects that are no frontal chest film, or say little of themselves: kept, and told why."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    BasicTextSRStorage,
    CTImageStorage,
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MRImageStorage,
)

from tests.acceptance.conftest import Compose
from tests.builders.account import Account, send_all
from tests.builders.house import House
from tests.builders.shipment import Shipment
from tests.unit.decode.headers import film, saved
from triage.pipeline import Route

ASSESSED = "kept, ASSESSED"
RAMP = np.arange(4096, dtype=np.uint32).reshape(64, 64)
GRAY = (RAMP // 16).astype(np.uint8)


def colored(*samples: NDArray[np.uint8], interpretation: str) -> Dataset:
    """A film of three samples a pixel, each (64, 64)."""
    dataset = film(GRAY, BitsStored=8, PhotometricInterpretation=interpretation)
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PixelData = np.stack(samples, axis=-1).tobytes()
    dataset["PixelData"].VR = "OB"
    return dataset


def palette(blue: NDArray[np.uint8]) -> Dataset:
    """A film of a palette whose blue is another than its red and green, or the same."""
    dataset = film(GRAY, BitsStored=8, PhotometricInterpretation="PALETTE COLOR")
    gray = np.arange(256, dtype=np.uint8)
    for name, table in (("Red", gray), ("Green", gray), ("Blue", blue)):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 8])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
        dataset[f"{name}PaletteColorLookupTableDescriptor"].VR = "US"
    return dataset


def one_bit() -> Dataset:
    """A film in black and white."""
    dataset = film(GRAY, BitsStored=1)
    dataset.BitsAllocated, dataset.HighBit = 1, 0
    dataset.PixelData = np.packbits(GRAY > 128, bitorder="little").tobytes()
    return dataset


def floating(keyword: str, kind: str) -> Dataset:
    """A film of Float or Double Float Pixel Data (PS3.3 C.7.6.24, C.7.6.25)."""
    dataset = film(RAMP, BitsStored=32)
    dataset.BitsAllocated = 8 * np.dtype(kind).itemsize
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit
    setattr(dataset, keyword, RAMP.astype(kind).tobytes())
    return dataset


def document(sop_class: str, modality: str) -> Dataset:
    """An object without a picture."""
    dataset = film(SOPClassUID=sop_class, Modality=modality)
    del dataset.PixelData
    return dataset


PIXELS: dict[str, tuple[Callable[[], Dataset], str]] = {
    "two frames": (lambda: film(NumberOfFrames=2), "several_frames"),
    "gray in RGB": (lambda: colored(GRAY, GRAY, GRAY, interpretation="RGB"), ""),
    "colour in RGB": (lambda: colored(GRAY, GRAY, 255 - GRAY, interpretation="RGB"), "color"),
    "colour in YBR": (lambda: colored(GRAY, GRAY, 255 - GRAY, interpretation="YBR_FULL"), "color"),
    "a gray palette": (lambda: palette(np.arange(256, dtype=np.uint8)), ""),
    "a coloured palette": (lambda: palette(np.zeros(256, np.uint8)), "color"),
    "one bit": (one_bit, "unreadable"),
    "32 bits": (lambda: film(RAMP, BitsStored=32), "unreadable"),
    "float": (lambda: floating("FloatPixelData", "<f4"), "no_pixels"),
    "double": (lambda: floating("DoubleFloatPixelData", "<f8"), "no_pixels"),
}
"""How a film's pixels are stored, and why it is not assessed; nothing where it is."""

OBJECTS: dict[str, tuple[Callable[[], Dataset], str]] = {
    "SR": (lambda: document(BasicTextSRStorage, "SR"), "modality"),
    "KO": (lambda: document(KeyObjectSelectionDocumentStorage, "KO"), "modality"),
    "PR": (lambda: document(GrayscaleSoftcopyPresentationStateStorage, "PR"), "modality"),
    "PDF": (lambda: document(EncapsulatedPDFStorage, "DOC"), "modality"),
    "CT": (lambda: film(SOPClassUID=CTImageStorage, Modality="CT"), "modality"),
    "MR": (lambda: film(SOPClassUID=MRImageStorage, Modality="MR"), "modality"),
    "lateral": (lambda: film(ViewPosition="LL"), "lateral"),
    "child": (lambda: film(PatientAge="004Y"), "under_age"),
    "hand": (lambda: film(BodyPartExamined="HAND"), "body_part"),
    "abdomen": (lambda: film(BodyPartExamined="ABDOMEN"), "body_part"),
}
"""What is no film of an adult's chest, and the gate that says so."""

NEEDED = {
    "Modality": "modality",
    "PhotometricInterpretation": "",
    "SamplesPerPixel": "",
    "Rows": "unreadable",
    "Columns": "unreadable",
    "BitsAllocated": "unreadable",
    "BitsStored": "unreadable",
    "HighBit": "",
    "PixelRepresentation": "",
    "PixelData": "no_pixels",
}
"""What tells the picture, and why a film without it is not assessed; nothing where it is."""

SPARED = {
    "PatientName": "Made^Up",
    "PatientID": "P-1",
    "PatientBirthDate": "19600102",
    "PatientSex": "F",
    "StudyInstanceUID": "2.25.2",
    "SeriesInstanceUID": "2.25.4",
    "StudyDate": "20260102",
    "StudyTime": "030405",
    "AccessionNumber": "A-17",
    "StudyID": "S1",
    "SeriesNumber": "1",
    "InstanceNumber": "3",
    "Manufacturer": "Plates Inc.",
    "PixelSpacing": ["0.2", "0.2"],
    "PatientAge": "050Y",
    "ViewPosition": "PA",
    "BodyPartExamined": "CHEST",
}
"""What identifies and describes a film: it is assessed without any of them."""


@pytest.fixture
def backend() -> str:
    """What is shown here does not depend on the database; SQLite is enough."""
    return "sqlite"


@pytest.fixture
def house(compose: Compose, calm_route: Route) -> Iterator[House]:
    """A house that returns nothing."""
    with compose(route=calm_route) as house:
        yield house


def ends_in(house: House, datasets: list[Dataset], folder: Path) -> list[str]:
    """Send each under a UID of its own, and name its end."""
    shipments = []
    for number, dataset in enumerate(datasets, start=1):
        dataset.SOPInstanceUID = f"2.25.3.{number}"
        shipments.append(Shipment.of(saved(dataset, folder / "object.dcm")))
    sent = send_all(shipments, house.peer.port)
    house.settle()
    return list(Account.of(sent, house.engine).ends.values())


def told(codes: list[str]) -> list[str]:
    """Name the ends of films with these codes."""
    return [f"kept, NOT_ASSESSED {code}" if code else ASSESSED for code in codes]


@pytest.mark.parametrize("kinds", [PIXELS, OBJECTS], ids=["pixels", "objects"])
def test_what_is_no_single_gray_chest_film_is_kept_and_not_assessed(
    house: House, kinds: dict[str, tuple[Callable[[], Dataset], str]], tmp_path: Path
) -> None:
    ends = ends_in(house, [make() for make, _ in kinds.values()], tmp_path)

    assert dict(zip(kinds, ends, strict=True)) == dict(
        zip(kinds, told([code for _, code in kinds.values()]), strict=True)
    )


def test_a_film_may_lack_any_attribute(house: House, tmp_path: Path) -> None:
    lacking = {**dict.fromkeys(SPARED, ""), **NEEDED}
    films = [film(**SPARED) for _ in lacking]
    for dataset, keyword in zip(films, lacking, strict=True):
        del dataset[keyword]

    ends = ends_in(house, films, tmp_path)

    assert dict(zip(lacking, ends, strict=True)) == dict(
        zip(lacking, told(list(lacking.values())), strict=True)
    )


@pytest.mark.parametrize("name", ["colour in RGB", "one bit", "32 bits", "float", "double"])
def test_a_reader_that_takes_whatever_comes_is_noticed(name: str, tmp_path: Path) -> None:
    make, code = PIXELS[name]

    shown = dcmread(saved(make(), tmp_path / "object.dcm")).pixel_array

    assert code
    assert shown.size  # and nothing is refused
