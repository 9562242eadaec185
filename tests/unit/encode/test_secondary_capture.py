import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit

from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.domain.errors import DeliveryParked
from triage.encode.secondary_capture import SERIES_DESCRIPTION, SERIES_NUMBER, Capture

FilmFile = Callable[..., Path]
CaptureOf = Callable[..., Capture]

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "sample_dicoms").glob("*.dcm"))

NAMES = {
    "GB18030": "Wang^XiaoDong=王^小东".encode("gb18030"),
    "\\ISO 2022 IR 87": b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
    "\\ISO 2022 IR 149": b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
    "ISO_IR 192": "Buc^Jérôme=王".encode(),
}
"""Character sets, and names as they stand in a film."""

needs_validator = pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="dicom3tools is not installed"
)
needs_dcmtk = pytest.mark.skipif(shutil.which("dcm2pnm") is None, reason="dcmtk is not installed")


def read(capture: Capture) -> Dataset:
    """Read a capture back, as a PACS would."""
    return pydicom.dcmread(io.BytesIO(capture.encoded))


def complaints(*command: str | Path) -> set[str]:
    """Run a validator; its exit status says nothing, so the lines count."""
    run = subprocess.run(command, capture_output=True, check=False)
    lines = (run.stdout + run.stderr).decode("latin-1").splitlines()
    return {line for line in lines if "Error" in line or "Warning" in line}


def saved(capture: Capture, folder: Path) -> Path:
    """Write a capture where a validator can read it."""
    path = folder / "capture.dcm"
    path.write_bytes(capture.encoded)
    return path


def test_a_capture_is_a_complete_part_10_file(film_file: FilmFile, capture_of: CaptureOf) -> None:
    capture = capture_of(film_file())

    meta = read(capture).file_meta

    assert capture.encoded[:132] == bytes(128) + b"DICM"
    assert meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert meta.MediaStorageSOPInstanceUID == capture.sop_instance_uid
    assert meta.MediaStorageSOPClassUID == capture.sop_class_uid


def test_equal_arguments_give_equal_bytes(film_file: FilmFile, capture_of: CaptureOf) -> None:
    assert capture_of(film_file()) == capture_of(film_file())


def test_it_lies_in_the_study_of_the_film_in_a_series_of_its_own(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    result = read(capture_of(film_file()))

    assert result.StudyInstanceUID == "1.2.826.0.1.3680043.8.498.12"
    assert result.SeriesInstanceUID.startswith("2.25.")
    assert result.SeriesNumber == SERIES_NUMBER
    assert result.SeriesDescription == SERIES_DESCRIPTION
    assert result.Modality == "OT"


def test_patient_study_and_accession_are_the_films(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    result = read(capture_of(film_file()))

    assert (result.PatientName, result.PatientID) == ("Made^Up", "P-1")
    assert (result.StudyDate, result.StudyTime, result.StudyID) == ("20260102", "030405", "S1")
    assert result.AccessionNumber == "A-17"


def test_two_films_of_a_study_share_the_series(film_file: FilmFile, capture_of: CaptureOf) -> None:
    first = capture_of(film_file())
    second = capture_of(film_file(SOPInstanceUID="1.2.826.0.1.3680043.8.498.99"))

    assert first.series_instance_uid == second.series_instance_uid
    assert first.sop_instance_uid != second.sop_instance_uid


def test_a_corrected_patient_gives_a_new_capture(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    first = capture_of(film_file())

    assert capture_of(film_file(PatientID="P-2")).sop_instance_uid != first.sop_instance_uid


def test_another_appearance_gives_a_new_capture(film_file: FilmFile, capture_of: CaptureOf) -> None:
    first = capture_of(film_file())

    other = capture_of(film_file(), appearance_digest="ef" * 32)

    assert other.sop_instance_uid != first.sop_instance_uid


def test_it_refers_to_the_film_it_was_made_of(film_file: FilmFile, capture_of: CaptureOf) -> None:
    result = read(capture_of(film_file()))

    (source,) = result.SourceImageSequence
    assert source.ReferencedSOPInstanceUID == "1.2.826.0.1.3680043.8.498.11"
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert result.ImageType == ["DERIVED", "SECONDARY"]
    assert "Grad-CAM" in result.DerivationDescription


def test_it_repeats_the_findings_and_the_warning_as_text(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    comments = read(capture_of(film_file())).ImageComments

    assert "tumour 0.900 (threshold 0.500, flagged)" in comments
    assert "inflammation 0.100 (threshold 0.400, below threshold)" in comments


def test_an_urgent_finding_is_called_so(film_file: FilmFile, capture_of: CaptureOf) -> None:
    urgent = Finding("tumour", 0.9, 0.5, Tier.URGENT)
    said = Assessment(Model("two-heads", "1.2", "ab" * 32), (urgent,), ())

    comments = read(capture_of(film_file(), assessment=said)).ImageComments

    assert "tumour 0.900 (threshold 0.500, urgent)" in comments
    assert "NOT FOR DIAGNOSTIC USE" in comments


def test_nothing_can_be_measured_or_windowed(film_file: FilmFile, capture_of: CaptureOf) -> None:
    film = film_file(
        PixelSpacing=[0.1, 0.1], WindowCenter=5, WindowWidth=9, RescaleSlope=1, Laterality="L"
    )

    result = read(capture_of(film))

    absent = {"PixelSpacing", "ImagerPixelSpacing", "WindowCenter", "RescaleSlope", "Laterality"}
    assert not absent & set(result.dir())


def test_the_pixels_are_the_pictures(film_file: FilmFile, capture_of: CaptureOf) -> None:
    result = read(capture_of(film_file()))

    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert result.PlanarConfiguration == 0
    assert np.array_equal(result.pixel_array, picture)


def test_orientation_view_and_number_are_the_films(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    result = read(capture_of(film_file(ViewPosition="PA")))

    assert result.PatientOrientation == ["L", "F"]
    assert result.ViewPosition == "PA"
    assert result.InstanceNumber == 3


def test_an_invalid_orientation_is_not_carried_over(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    result = read(capture_of(film_file(PatientOrientation="LEFT", InstanceNumber=None)))

    assert result.PatientOrientation == ""
    assert result.InstanceNumber == 1


@pytest.mark.parametrize("said", ["YES", "NO"])
def test_burned_in_text_is_what_the_film_says(
    film_file: FilmFile, capture_of: CaptureOf, said: str
) -> None:
    assert read(capture_of(film_file(BurnedInAnnotation=said))).BurnedInAnnotation == said


@pytest.mark.parametrize("said", [{}, {"BurnedInAnnotation": "NO"}], ids=["silent", "no"])
def test_text_that_was_seen_overrules_the_film(
    film_file: FilmFile, capture_of: CaptureOf, said: dict[str, str]
) -> None:
    capture = capture_of(film_file(**said), lettered=True)

    assert read(capture).BurnedInAnnotation == "YES"


def test_burned_in_text_is_not_spoken_of_where_the_film_does_not(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    assert "BurnedInAnnotation" not in read(capture_of(film_file()))


def test_a_declared_loss_is_carried_over(film_file: FilmFile, capture_of: CaptureOf) -> None:
    film = film_file(
        LossyImageCompression="01",
        LossyImageCompressionRatio="15.5",
        LossyImageCompressionMethod="ISO_15444_1",
    )

    result = read(capture_of(film))

    assert result.LossyImageCompression == "01"
    assert result.LossyImageCompressionRatio == 15.5
    assert result.LossyImageCompressionMethod == "ISO_15444_1"


def test_a_loss_that_only_the_transfer_syntax_shows_is_declared(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    result = read(capture_of(film_file(syntax=JPEGBaseline8Bit)))

    assert result.LossyImageCompression == "01"
    assert result.LossyImageCompressionMethod == "ISO_10918_1"


def test_times_are_those_of_the_receipt(film_file: FilmFile, capture_of: CaptureOf) -> None:
    result = read(capture_of(film_file()))

    assert (result.ContentDate, result.ContentTime) == ("20260102", "030506.000000")
    assert result.DateOfSecondaryCapture == result.InstanceCreationDate == "20260102"


@pytest.mark.parametrize(
    ("offset", "local"), [("+0800", "063000"), ("-0330", "190000"), ("+2500", "223000")]
)
def test_times_are_told_in_the_zone_that_the_film_states(
    film_file: FilmFile, capture_of: CaptureOf, offset: str, local: str
) -> None:
    received_at = datetime(2026, 1, 2, 22, 30, tzinfo=UTC)

    film = film_file(TimezoneOffsetFromUTC=offset)
    result = read(capture_of(film, received_at=received_at))

    assert result.ContentTime == f"{local}.000000"


def test_without_a_receipt_no_time_is_invented(film_file: FilmFile, capture_of: CaptureOf) -> None:
    result = read(capture_of(film_file(), received_at=None))

    assert not {"ContentDate", "InstanceCreationDate", "SeriesDate"} & set(result.dir())


def test_a_film_without_identity_is_parked(film_file: FilmFile, capture_of: CaptureOf) -> None:
    with pytest.raises(DeliveryParked, match=r"no Patient ID \(0010,0020\)"):
        capture_of(film_file(PatientID=None))


@needs_validator
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_validators_find_nothing_in_the_capture_of_a_careful_film(
    film_file: FilmFile, capture_of: CaptureOf, tmp_path: Path, syntax: str
) -> None:
    film = film_file(syntax=syntax)

    result = saved(capture_of(film), tmp_path)

    assert complaints("dciodvfy", "-new", result) == set()
    assert complaints("dcentvfy", film, result) == set()


@needs_validator
def test_the_validator_names_a_copied_view_position_alone(
    film_file: FilmFile, capture_of: CaptureOf, tmp_path: Path
) -> None:
    result = saved(capture_of(film_file(ViewPosition="PA")), tmp_path)

    (line,) = complaints("dciodvfy", "-new", result)

    assert "</ViewPosition(0018,5101)> - Attribute is not present in standard DICOM IOD" in line


def beyond(film: Path, capture: Path) -> set[str]:
    """What the validators say of a capture, beyond View Position."""
    found = complaints("dciodvfy", "-new", capture)
    ours = {line for line in found if "</ViewPosition(0018,5101)>" not in line}
    return ours | complaints("dcentvfy", film, capture)


@needs_validator
@pytest.mark.parametrize("film", SAMPLES, ids=lambda film: film.stem)
def test_validators_find_nothing_beyond_the_view_position_of_a_sample(
    capture_of: CaptureOf, tmp_path: Path, film: Path
) -> None:
    assert beyond(film, saved(capture_of(film), tmp_path)) == set()


def test_a_second_page_is_another_instance_of_the_series_and_sorted_behind(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    first, second = (capture_of(film_file(), page=page) for page in (1, 2))

    assert first.series_instance_uid == second.series_instance_uid
    assert first.sop_instance_uid != second.sop_instance_uid
    assert [read(page).InstanceNumber for page in (first, second)] == [3, 10_003]


def test_a_page_names_the_finding_that_it_explains(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    named = [Finding(label, 0.9, 0.5, Tier.FLAGGED) for label in ("tumour", "inflammation")]
    said = Assessment(Model("two-heads", "1.2", "ab" * 32), tuple(named), ())

    pages = [read(capture_of(film_file(), assessment=said, page=page)) for page in (1, 2)]

    assert "heat map of tumour (Grad-CAM)" in pages[0].DerivationDescription
    assert "heat map of inflammation (Grad-CAM)" in pages[1].DerivationDescription


@needs_validator
def test_validators_find_nothing_in_a_second_page(
    film_file: FilmFile, capture_of: CaptureOf, tmp_path: Path
) -> None:
    film, first = film_file(), tmp_path / "first.dcm"
    first.write_bytes(capture_of(film).encoded)

    second = saved(capture_of(film, page=2), tmp_path)

    assert complaints("dciodvfy", "-new", second) == set()
    assert complaints("dcentvfy", film, first, second) == set()


@pytest.mark.parametrize("character_set", NAMES)
def test_a_name_stands_in_the_capture_byte_for_byte(
    film_file: FilmFile, capture_of: CaptureOf, character_set: str
) -> None:
    name = NAMES[character_set]
    film = film_file(SpecificCharacterSet=character_set, PatientName=name)

    encoded = capture_of(film).encoded

    for element, value in ((b"\x10\0\x10\0PN", name), (b"\x08\0\5\0CS", character_set.encode())):
        padded = value + b" " * (len(value) % 2)
        assert element + len(padded).to_bytes(2, "little") + padded in encoded


@needs_validator
@pytest.mark.parametrize("character_set", NAMES)
def test_validators_find_nothing_beside_a_name_of_another_writing(
    film_file: FilmFile, capture_of: CaptureOf, tmp_path: Path, character_set: str
) -> None:
    film = film_file(SpecificCharacterSet=character_set, PatientName=NAMES[character_set])

    assert beyond(film, saved(capture_of(film), tmp_path)) == set()


@needs_dcmtk
def test_another_reader_renders_our_picture(
    film_file: FilmFile, capture_of: CaptureOf, tmp_path: Path
) -> None:
    result = saved(capture_of(film_file()), tmp_path)

    rendered = tmp_path / "rendered.ppm"
    subprocess.run(["dcm2pnm", result, rendered], check=True)

    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert np.array_equal(np.asarray(Image.open(rendered)), picture)
