"""What must be true at the end: every film has its end, and every capture is in its study."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image
from pydicom import Dataset, dcmread

from deploy.demo.outcome import Outcome
from deploy.demo.pacs import Pacs
from triage.domain.study import FilmState

LEGITIMATELY_KEPT = ("flagged, not returned: the study is older", "parked, identity")


def problems_of(outcome: Outcome, pacs: Pacs) -> Iterator[str]:
    """Say in a sentence each what is not as it must be."""
    film = outcome.film
    if outcome.state == FilmState.WAITING:
        yield f"{film.name}: its study did not end"
    if film.expected_code is not None and film.expected_code != outcome.code:
        wanted, got = film.expected_code or "assessed", outcome.code or "assessed"
        yield f"{film.name}: {got}, expected {wanted}"
    kept = outcome.reason.startswith(LEGITIMATELY_KEPT)
    if outcome.flagged and not outcome.captures and not kept:
        yield f"{film.name}: flagged, but nothing was returned: {outcome.reason or 'no reason'}"
    for uid in outcome.captures:
        yield from _problems_of_capture(outcome, pacs.fetch(uid))


def save_captures(outcomes: Sequence[Outcome], pacs: Pacs, folder: Path) -> int:
    """Save every capture that the PACS has as DICOM and as PNG; return how many."""
    count = 0
    for outcome in outcomes:
        for uid in outcome.captures:
            content = pacs.fetch(uid)
            if content is not None:
                _save(content, folder / outcome.film.name)
                count += 1
    return count


def _problems_of_capture(outcome: Outcome, content: bytes | None) -> Iterator[str]:
    if content is None:
        yield f"{outcome.film.name}: its capture is not in the PACS"
        return
    source = dcmread(outcome.film.path, stop_before_pixels=True)
    if _place(dcmread(BytesIO(content), stop_before_pixels=True)) != _place(source):
        yield f"{outcome.film.name}: its capture is in another study"


def _place(dataset: Dataset) -> tuple[str, str]:
    """Return what a PACS files an object by."""
    return str(dataset.get("PatientID", "")), str(dataset.StudyInstanceUID)


def _save(content: bytes, target: Path) -> None:
    target.with_name(f"{target.name}.dcm").write_bytes(content)
    picture = Image.fromarray(dcmread(BytesIO(content)).pixel_array)
    picture.save(target.with_name(f"{target.name}.png"), optimize=True)
