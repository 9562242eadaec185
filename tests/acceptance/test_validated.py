"""What validators name in a capture, film by film: exactly what the document says."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.builders.clock import NOON
from tests.builders.studies import assessment, digest_of
from tests.builders.tools import BESIDE, complaints, needs, needs_films
from triage.encode.secondary_capture import encode_capture

Named = tuple[str, ...]

DOCUMENT = Path(__file__).parents[2] / "docs" / "captures.md"
HEADING = "| film | Type 2 that it lacks | values that are none | warnings |"
KINDS = ("lacks", "value", "warning")


def documented() -> dict[str, tuple[Named, ...]]:
    """Read the document's table: of each film what is named, kind by kind."""
    _, table = DOCUMENT.read_text(encoding="utf-8").split(HEADING)
    rows = [line.strip("|").split("|") for line in table.split("\n\n")[0].splitlines()[2:]]
    cells = [[tuple(re.findall(r"`(\w+)`", cell)) for cell in row] for row in rows]
    return {film: tuple(kinds) for films, *kinds in cells for film in films}


def kind_of(line: str) -> str:
    if line.startswith("Warning"):
        return "warning"
    return "lacks" if "Missing attribute for Type 2 " in line else "value"


def named_in(lines: Iterable[str]) -> tuple[Named, ...]:
    """Sort the attributes that a validator names by what it says of them."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for line in lines:
        *_, attribute = re.findall(r"[</](\w+)\([0-9a-f]{4},[0-9a-f]{4}\)", line)
        found[kind_of(line)].add(attribute)
    return tuple(tuple(sorted(found[kind])) for kind in KINDS)


def written(film: Path, folder: Path) -> Path:
    """Write a film's capture, of a picture that is black."""
    capture = encode_capture(
        film,
        np.zeros((64, 64, 3), np.uint8),
        assessment=assessment(),
        appearance_digest=digest_of("appearance"),
        received_at=NOON,
    )
    file = folder / "capture.dcm"
    file.write_bytes(capture.encoded)
    return file


@needs("dciodvfy", "dcentvfy")
@needs_films
@pytest.mark.parametrize("film", documented())
def test_a_validator_names_what_the_document_names(tmp_path: Path, film: str) -> None:
    source = BESIDE / "dicom" / f"{film}.dcm"

    capture = written(source, tmp_path)

    assert named_in(complaints("dciodvfy", "-new", capture)) == documented()[film]
    assert complaints("dcentvfy", source, capture) == []


@needs_films
def test_every_chest_film_is_in_the_document() -> None:
    chests = ("RG1", "presidio", "RSNA", "NIH", "chr")
    films = {path.stem for name in chests for path in (BESIDE / "dicom").glob(f"{name}*.dcm")}

    assert set(documented()) == films


@needs("dciodvfy")
@needs_films
def test_what_a_film_lacks_besides_would_be_noticed(tmp_path: Path) -> None:
    film = dcmread(BESIDE / "dicom" / "RG1_J2K_lossy.dcm")
    del film.StudyID
    film.save_as(tmp_path / "film.dcm")

    capture = written(tmp_path / "film.dcm", tmp_path)

    lacks, *_ = named_in(complaints("dciodvfy", "-new", capture))
    assert lacks == ("StudyID",) != documented()["RG1_J2K_lossy"][0]


@needs("dcentvfy")
@needs_films
def test_an_empty_attribute_in_place_of_what_a_film_lacks_would_be_another_study(
    tmp_path: Path,
) -> None:
    source = BESIDE / "dicom" / "chrJapMulti_CR_chest.dcm"
    capture = dcmread(written(source, tmp_path))
    capture.StudyID = ""
    capture.save_as(tmp_path / "filled.dcm")

    (line,) = complaints("dcentvfy", source, tmp_path / "filled.dcm")

    assert "Attribute present in one instance but not the other - Element=<StudyID>" in line
