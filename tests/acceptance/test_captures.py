"""Captures beside what other programs make of the same film: highdicom's object, Orthanc's view."""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit

from tests.builders.orthanc import Orthanc, running_orthanc
from tests.builders.tools import needs
from triage.encode.header import copy_header, read_source
from triage.pipeline import AssessedFilm, Route

needs_highdicom = pytest.mark.skipif(
    find_spec("highdicom") is None, reason="NOT INSTALLED: highdicom"
)
DOCUMENT = Path(__file__).parents[2] / "docs" / "captures.md"
RECEIVED_AT = datetime(2026, 1, 2, 3, 5, 6, tzinfo=UTC)

CLOCK = {
    *("ContentDate", "ContentTime", "InstanceCreationDate", "InstanceCreationTime"),
    *("DateOfSecondaryCapture", "TimeOfSecondaryCapture"),
}
"""Highdicom tells the time of encoding; here only the receipt's is known."""

OTHERWISE = {
    "ContributingEquipmentSequence",  # highdicom's second item is highdicom
    "ConversionType",  # digital interface there, workstation here
    "ImageType",  # a third value OTHER there
}


@pytest.fixture(scope="module")
def film(samples: Path) -> Path:
    """A film of the samples."""
    return samples / "dx_mass.dcm"


@pytest.fixture(scope="module")
def assessed(film: Path, flagging_route: Route) -> AssessedFilm:
    """The film with what the shipped network says of it."""
    return flagging_route.assess(film)


@pytest.fixture(scope="module")
def jpeg_route(flagging_route: Route) -> Route:
    """The stations of a site that wants JPEG."""
    return replace(flagging_route, appearance=replace(flagging_route.appearance, jpeg_quality=90))


def highdicoms(film: Path, ours: Dataset, picture: NDArray[np.uint8]) -> Dataset:
    """Let highdicom make a Secondary Capture of the same picture for the same film."""
    highdicom = pytest.importorskip("highdicom")
    syntax = ours.file_meta.TransferSyntaxUID
    made: Dataset = highdicom.sc.SCImage.from_ref_dataset(
        dcmread(film),
        pixel_array=picture,
        photometric_interpretation=ours.PhotometricInterpretation,
        bits_allocated=8,
        coordinate_system="PATIENT",
        series_instance_uid=ours.SeriesInstanceUID,
        series_number=ours.SeriesNumber,
        sop_instance_uid=ours.SOPInstanceUID,
        instance_number=ours.InstanceNumber,
        manufacturer=ours.Manufacturer,
        patient_orientation=tuple(ours.PatientOrientation),
        transfer_syntax_uid=syntax,
    )
    return made


def compose(route: Route, film: Path, assessed: AssessedFilm) -> Dataset:
    """Make the capture, and read it back as a PACS would."""
    return dcmread(BytesIO(route.compose(film, assessed, received_at=RECEIVED_AT).capture.encoded))


def test_the_document_names_every_element_and_no_other(
    film: Path, assessed: AssessedFilm, flagging_route: Route, jpeg_route: Route
) -> None:
    copied = set(copy_header(read_source(film)))
    both = compose(flagging_route, film, assessed), compose(jpeg_route, film, assessed)

    named = set(re.findall(r"\([0-9A-F]{4},[0-9A-F]{4}\)", DOCUMENT.read_text(encoding="utf-8")))

    tags = {e.tag for ours in both for e in ours if e.keyword not in copied}
    assert named == {f"({tag.group:04X},{tag.element:04X})" for tag in tags}


@needs_highdicom
def test_highdicom_says_nothing_that_a_capture_leaves_out(
    film: Path, assessed: AssessedFilm, flagging_route: Route
) -> None:
    ours = compose(flagging_route, film, assessed)

    theirs = highdicoms(film, ours, flagging_route.picture(assessed))

    assert ours.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert set(theirs.dir()) - set(ours.dir()) == set()


@needs_highdicom
def test_what_highdicom_says_of_a_film_its_capture_says_too(
    film: Path, assessed: AssessedFilm, flagging_route: Route
) -> None:
    ours = compose(flagging_route, film, assessed)

    theirs = highdicoms(film, ours, flagging_route.picture(assessed))

    both = set(theirs.dir()) & set(ours.dir())
    other = {k for k in both if str(theirs[k].value) != str(ours[k].value)}
    assert len(both) > 30
    assert other == CLOCK | OTHERWISE


@needs_highdicom
def test_a_jpeg_is_described_as_highdicom_does_and_says_its_loss_besides(
    film: Path, assessed: AssessedFilm, jpeg_route: Route
) -> None:
    ours = compose(jpeg_route, film, assessed)

    theirs = highdicoms(film, ours, jpeg_route.picture(assessed))

    other = {k for k in theirs.dir() if str(theirs[k].value) != str(ours[k].value)}
    assert other - {"PixelData"} == CLOCK | OTHERWISE
    assert ours.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    assert "LossyImageCompression" in set(ours.dir()) - set(theirs.dir())


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """An Orthanc for this module."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


def preview(orthanc: Orthanc, encoded: bytes) -> NDArray[np.uint8]:
    """Store a capture, and return what Orthanc shows of it."""
    request = urllib.request.Request(f"{orthanc.url}/instances", data=encoded, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        name = json.loads(answer.read())["ID"]
    with Image.open(BytesIO(orthanc.get(f"instances/{name}/rendered"))) as image:
        return np.asarray(image.convert("RGB"))


@needs("Orthanc")
def test_orthanc_shows_the_picture_pixel_by_pixel(
    orthanc: Orthanc, film: Path, assessed: AssessedFilm, flagging_route: Route
) -> None:
    composed = flagging_route.compose(film, assessed, received_at=RECEIVED_AT)

    shown = preview(orthanc, composed.capture.encoded)

    assert np.array_equal(shown, flagging_route.picture(assessed))


@needs("Orthanc")
def test_orthanc_shows_a_jpeg_nearly_as_the_picture(
    orthanc: Orthanc, film: Path, assessed: AssessedFilm, jpeg_route: Route
) -> None:
    composed = jpeg_route.compose(film, assessed, received_at=RECEIVED_AT)

    shown = preview(orthanc, composed.capture.encoded)

    difference = np.abs(shown.astype(int) - jpeg_route.picture(assessed))
    assert difference.mean() < 2
    assert difference.any()
