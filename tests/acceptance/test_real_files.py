"""Real and malformed files that lie beside the project; without them these tests are skipped."""

from pathlib import Path

import numpy as np
import pytest

from triage.decode.film import read, same_pixels
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film

BESIDE = Path(__file__).parents[3] / "shared"
MALFORMED = tuple(path for path in sorted((BESIDE / "malformed").rglob("*.*")) if path.is_file())

needs_films = pytest.mark.skipif(
    not (BESIDE / "dicom").is_dir(), reason="NO REAL FILMS: ../shared/dicom is absent"
)
needs_malformed = pytest.mark.skipif(
    not MALFORMED, reason="NO MALFORMED FILES: ../shared/malformed is absent"
)

VERDICTS = [
    ("RG1_J2K_lossy.dcm", "PA"),
    ("RG1_JPEGLS_near.dcm", "PA"),
    ("presidio_AP_portable_RLE_burnedin.dcm", "unknown"),
    ("RSNA_like_CR_PA_JPEGbaseline.dcm", "PA"),
    ("RSNA_like_wrong_MONO1.dcm", "PA"),
    ("NIH_DX_SC_test1.dcm", "unknown"),
    ("NIH_DX_SC_test3.dcm", "unknown"),
    ("NIH_DX_SC_test4.dcm", "unknown"),
    ("NIH_DX_SC_test6.dcm", "unknown"),
    ("NIH_Google_DX.dcm", "unknown"),
    ("NIH_DX_SC_test5.dcm", "modality"),
    ("presidio_no_pixels.dcm", "no_pixels"),
    ("chrJapMulti_CR_chest.dcm", "no_pixels"),
    ("chrKoreanMulti_CR_chest.dcm", "no_pixels"),
    ("RG2_hip_JPEGLS.dcm", "body_part"),
    ("RG2_hip_J2K_lossless.dcm", "body_part"),
    ("RG2_hip_RLE.dcm", "body_part"),
    ("RG2_hip_JPEGext12_fixed.dcm", "body_part"),
    ("RG3_leg_MONO1_JPEGLS.dcm", "body_part"),
    ("RG3_leg_MONO1_J2K.dcm", "body_part"),
    ("dental_pano_ModalityLUT.dcm", "body_part"),
    ("MG1_mammo_J2K.dcm", "modality"),
    ("XA1_angio_J2K.dcm", "modality"),
    ("dog_thorax_lateral_DX_MONO1.dcm", "under_age"),
    ("CT_small.dcm", "modality"),
    ("MR_small.dcm", "modality"),
    ("eye_OP_fake.dcm", "modality"),
]
"""The view of what is assessed, the code of what is refused.

The dog is refused for its five years: by its other attributes it is a frontal film of a thorax.
The wrongly labelled MONOCHROME1 is read as its header says; its pixels are not asked here.
"""


def film_of(name: str) -> Film:
    return read(BESIDE / "dicom" / name)


def verdict(path: Path) -> str:
    try:
        return read(path).view.value
    except UnassessableFilm as error:
        return error.refusal.code.value


@needs_films
@pytest.mark.parametrize(("name", "expected"), VERDICTS)
def test_a_real_file_gives_a_film_or_its_refusal(name: str, expected: str) -> None:
    assert verdict(BESIDE / "dicom" / name) == expected


@needs_films
def test_the_table_names_every_real_file() -> None:
    names = {path.name for path in (BESIDE / "dicom").glob("*.dcm")}

    assert names == {name for name, _ in VERDICTS}


@needs_films
@pytest.mark.parametrize(
    "name", ["RG1_J2K_lossy.dcm", "NIH_DX_SC_test1.dcm", "RSNA_like_CR_PA_JPEGbaseline.dcm"]
)
def test_lungs_are_darker_than_the_spine(name: str) -> None:
    shown = film_of(name).render((100, 100))

    assert shown[35:55, 20:35].mean() < shown[35:55, 46:54].mean() - 0.15


@needs_films
def test_one_radiograph_under_two_lossy_codecs_looks_alike() -> None:
    first, second = film_of("RG1_J2K_lossy.dcm"), film_of("RG1_JPEGLS_near.dcm")

    difference = np.abs(first.render((224, 224)) - second.render((224, 224)))

    assert difference.max() <= 1 / 255


@needs_films
@pytest.mark.parametrize("name", ["RG2_hip_JPEGLS.dcm", "RG2_hip_J2K_lossless.dcm"])
def test_lossless_codecs_give_the_same_pixels(name: str) -> None:
    assert same_pixels(BESIDE / "dicom" / name, BESIDE / "dicom" / "RG2_hip_RLE.dcm")


@needs_malformed
@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.name)
def test_a_malformed_file_is_refused_and_nothing_else_happens(path: Path) -> None:
    with pytest.raises(UnassessableFilm) as refused:
        read(path)

    assert refused.value.refusal.sentence.isprintable()
    assert len(refused.value.refusal.sentence) < 200
