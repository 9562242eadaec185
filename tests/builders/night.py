"""A night of 60 studies in a PACS, and what the daemon has of them already."""

from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from tests.builders.archives import Shot, scheduled_step

HERE, INCOMPLETE, MISSING = range(20), range(20, 25), range(25, 53)
NO_CHEST, BROKEN = range(53, 58), range(58, 60)
MWL_ONLY = 60


def uid(number: int) -> str:
    return f"2.25.1{number:03}"


def shots(number: int) -> list[Shot]:
    """Return the films of a study: every fifth has two, and so have the incomplete ones."""
    more = 1 + (number % 5 == 0 or number in INCOMPLETE)
    modality = "DX" if number % 2 else "CR"
    part = "HAND" if number in NO_CHEST else "CHEST"
    return [
        Shot(
            uid(number), film + 1, modality=modality, body_part=part, accession_number=f"A{number}"
        )
        for film in range(more)
    ]


def attributes(number: int) -> dict[str, object]:
    """Return what is odd about the films of a study."""
    return {"PixelData": bytes(100)} if number in BROKEN else {}


@dataclass
class NightFiles:
    """Everything as files in a folder: what the PACS has, and what the daemon has had already."""

    at_the_pacs: list[Path]
    here: list[Path]


def files_of_the_night(folder: Path) -> NightFiles:
    """Write the films of 60 studies, and some that are on no list."""
    found = NightFiles([], [])
    for number in range(60):
        files = [shot.file(folder, **attributes(number)) for shot in shots(number)]
        found.at_the_pacs += files
        if number in HERE:
            found.here += files
        elif number in INCOMPLETE:
            found.here += files[:1]
    found.at_the_pacs += [Shot("2.25.9001", modality="CT").file(folder)]
    return found


def steps_of_the_night() -> list[Dataset]:
    """Schedule some of them, and one that never came."""
    return [
        scheduled_step(uid(MISSING[0]), "STAT", accession_number=f"A{MISSING[0]}"),
        scheduled_step(uid(HERE[0]), "HIGH"),
        scheduled_step("2.25.9002", "MEDIUM", accession_number=f"A{MISSING[1]}"),
        scheduled_step(uid(MISSING[2]), None),
        scheduled_step(uid(MWL_ONLY), "HIGH"),
    ]
