"""Screening by pixels on real films, real negatives, and drawn pictures; the header is not asked.

``pytest tests/acceptance/test_screening.py -s`` prints the tables of ``docs/screening.md``.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sample_dicoms.catalogue import SAMPLES, Sample
from tests.builders.tools import BESIDE, needs_films
from tests.builders.wrapped import wrapped
from tests.unit.infer.bundles import saved
from triage.decode.film import read
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.look import look_at
from triage.infer.predictor import ONE_GRAY
from triage.infer.screener import Screener, load_screener, shipped_screener
from triage.pipeline import build_route
from triage.settings import load_settings
from triage.train.distortion import DISTORTIONS, exposed
from triage.train.drawing import DRAWINGS

CHEST = (
    "RG1_J2K_lossy",
    "RG1_JPEGLS_near",
    "presidio_AP_portable_RLE_burnedin",
    "RSNA_like_CR_PA_JPEGbaseline",
    "NIH_DX_SC_test1",
    "NIH_DX_SC_test3",
    "NIH_DX_SC_test4",
    "NIH_DX_SC_test5",
    "NIH_DX_SC_test6",
    "NIH_Google_DX",
)
NEGATIVE = (
    "RG2_hip_JPEGLS",
    "RG2_hip_J2K_lossless",
    "RG2_hip_RLE",
    "RG2_hip_JPEGext12_fixed",
    "RG3_leg_MONO1_JPEGLS",
    "RG3_leg_MONO1_J2K",
    "dental_pano_ModalityLUT",
    "MG1_mammo_J2K",
    "XA1_angio_J2K",
    "dog_thorax_lateral_DX_MONO1",
    "CT_small",
    "MR_small",
    "eye_OP_fake",
)


@pytest.fixture(scope="module")
def screener() -> Screener:
    """The screener that is shipped."""
    return load_screener(shipped_screener())


def verdict(screener: Screener, path: Path) -> str:
    """Read a file with no gate for its header and name the refusal, or ``passes``."""
    try:
        refusal = screener.judge(look_at(read(path, minimum_age_years=None)))
    except UnassessableFilm as error:
        return str(error.refusal.code)
    return str(refusal.code) if refusal else "passes"


def rows(name: str) -> Iterator[dict[str, str]]:
    """Read a list that lies beside the project."""
    with (BESIDE / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def shares(found: Counter[str]) -> str:
    """Write how often each verdict fell."""
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items()))


def gray(path: Path) -> NDArray[np.uint8]:
    """Read a picture in shades of gray."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


@needs_films
def test_at_most_one_adult_film_in_a_hundred_is_refused(screener: Screener, tmp_path: Path) -> None:
    adults = [
        row["file"]
        for row in rows("cxr/labels.csv")
        if row["split"] == "val" and row["file"].startswith("cxr/val/nih") and int(row["age"]) >= 18
    ]

    found = {n: verdict(screener, wrapped(tmp_path / "film.dcm", gray(BESIDE / n))) for n in adults}

    lost = [name for name, said in found.items() if said != "passes"]
    sys.stdout.write(f"\nadult films {len(found)}: {shares(Counter(found.values()))}; {lost}\n")
    assert len(lost) <= len(found) / 100


@needs_films
def test_every_real_negative_is_refused(screener: Screener, tmp_path: Path) -> None:
    found: dict[str, Counter[str]] = {}
    passed = []
    for row in rows("negatives/labels.csv"):
        pixels = gray(BESIDE / row["file"])
        said = verdict(screener, wrapped(tmp_path / "film.dcm", pixels))
        found.setdefault(row["kind"], Counter())[said] += 1
        passed += [row["file"]] * (said == "passes")

    lines = [f"{kind}: {shares(each)}" for kind, each in found.items()]
    sys.stdout.write("\n".join(["", *lines, f"passed: {passed}", ""]))
    assert not passed


@needs_films
@pytest.mark.parametrize("name", CHEST)
def test_a_real_chest_film_passes(screener: Screener, name: str) -> None:
    assert verdict(screener, BESIDE / "dicom" / f"{name}.dcm") == "passes"


@needs_films
def test_a_film_under_the_wrong_photometric_interpretation_is_inverted(screener: Screener) -> None:
    path = BESIDE / "dicom" / "RSNA_like_wrong_MONO1.dcm"

    assert verdict(screener, path) == RefusalCode.INVERTED


@needs_films
@pytest.mark.parametrize("name", NEGATIVE)
def test_a_real_film_of_something_else_is_refused(screener: Screener, name: str) -> None:
    assert verdict(screener, BESIDE / "dicom" / f"{name}.dcm") != "passes"


@needs_films
@pytest.mark.parametrize("kind", sorted(DISTORTIONS))
def test_a_distorted_film_is_refused(screener: Screener, kind: str) -> None:
    random = np.random.default_rng(90_001)
    names = [row["file"] for row in rows("cxr/labels.csv") if row["split"] == "val"][::60]
    squares = [_small(gray(BESIDE / name)) for name in names]

    films = [film(exposed(DISTORTIONS[kind](square, random), random)) for square in squares]

    passed = sum(screener.judge(look_at(each)) is None for each in films)
    assert passed == 0


@pytest.mark.parametrize("kind", sorted(DRAWINGS))
def test_a_drawn_picture_is_refused(screener: Screener, kind: str) -> None:
    random = np.random.default_rng(90_002)

    passed = sum(
        screener.judge(look_at(film(DRAWINGS[kind](96, random)))) is None for _ in range(40)
    )

    assert passed == 0


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_drawn_samples_pass_when_they_are_frontal(screener: Screener, sample: Sample) -> None:
    picture = film(np.asarray(sample.draw((320, 256)), dtype=np.float32))

    passes = screener.judge(look_at(picture)) is None

    assert passes == (sample.code not in {"lateral", "body_part"})


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Average to 64 pixels, on which distortions are made."""
    return np.asarray(cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA) / np.float32(255))


def film(pixels: NDArray[np.float32]) -> Film:
    """Make a film of pixels within [0, 1]."""

    def smaller(stored: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
        values = np.asarray(stored, dtype=np.float32)
        return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA))

    return Film(stored=pixels, display=lambda values: values, resample=smaller)


@pytest.mark.parametrize("gray", [0, 90, 255])
def test_a_film_of_one_gray_has_no_result_where_pixels_are_not_screened(
    tmp_path: Path, gray: int
) -> None:
    cv2.imwrite(str(tmp_path / "film.png"), np.full((400, 300), gray, np.uint8))
    bundle = {"TRIAGE_MODEL__BUNDLE": str(saved(tmp_path / "bundle"))}
    settings = load_settings(None, environment={"TRIAGE_SCREENING__PIXELS": "false"} | bundle)

    with pytest.raises(UnassessableFilm) as refused:
        build_route(settings).assess(tmp_path / "film.png")

    assert refused.value.refusal == ONE_GRAY
