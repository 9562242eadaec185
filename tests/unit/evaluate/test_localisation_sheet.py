from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.evaluate.drawers import FILMS, boxed, found
from tests.unit.evaluate.marked import box
from triage.evaluate.boxed import Found
from triage.evaluate.localisation_sheet import Panel, panels, save_sheet
from triage.evaluate.overlap import GRID


@pytest.fixture(scope="module")
def done() -> Found:
    return found()


def gray(_film: int) -> NDArray[np.float32]:
    return np.full((64, 64), 0.5, np.float32)


def has(path: Path, *, blue: bool = False, hot: bool = False) -> bool:
    """Tell whether anything on a sheet has the colour of a box, or of a map."""
    picture = np.asarray(cv2.imread(str(path)), dtype=int)  # (rows, columns, 3), BGR
    reddish = picture[..., 2] - picture[..., 0]
    return (not blue or bool((reddish < -150).any())) and (not hot or bool((reddish > 40).any()))


def last_ink(path: Path) -> float:
    """Return how far down a sheet something is drawn, as a share of its height."""
    rows = (np.asarray(cv2.imread(str(path))) < 200).any(axis=(1, 2))
    return float(np.flatnonzero(rows)[-1] / rows.size)


def test_films_are_taken_from_the_best_to_the_worst(done: Found) -> None:
    chosen = panels(done.located, done.films, boxed().boxes)

    titles = [panel.title.splitlines()[1] for panel in chosen]
    assert titles[0] == "best of 6: IoU 1.00, hit"
    assert titles[3] == "number 4 of 6: IoU 0.00, miss"
    assert titles[5] == "worst of 6: IoU 0.00, miss"
    assert all(panel.title.startswith("NIH Mass, by tumour\n") for panel in chosen)
    assert all(panel.boxes == (box("top left"),) for panel in chosen)


def test_no_panel_names_a_film(done: Found) -> None:
    chosen = panels(done.located, done.films, boxed().boxes)

    assert not [p for p in chosen if any(film in p.title for film in FILMS)]


def test_the_sheet_shows_boxes_and_maps(done: Found, tmp_path: Path) -> None:
    chosen = panels(done.located, done.films, boxed().boxes)

    save_sheet(tmp_path / "sheet.png", chosen, gray)

    assert has(tmp_path / "sheet.png", blue=True, hot=True)


def test_a_film_without_a_map_says_so_and_shows_its_boxes(done: Found, tmp_path: Path) -> None:
    (mass,) = done.located
    nowhere = replace(mass, target=replace(mass.target, shown="gone"), values=0 * mass.values)

    chosen = panels([nowhere], done.films, boxed().boxes)
    save_sheet(tmp_path / "sheet.png", chosen[:1], gray)

    assert all(panel.title.endswith(": no localisation") for panel in chosen)
    assert has(tmp_path / "sheet.png", blue=True)
    assert not has(tmp_path / "sheet.png", hot=True)


def test_what_is_not_drawn_is_written_below_the_films(done: Found, tmp_path: Path) -> None:
    chosen = panels(done.located, done.films, boxed().boxes)

    for name, below in (("a.png", ""), ("b.png", "Not drawn (films): NIH Nodule (2).")):
        save_sheet(tmp_path / name, chosen, gray, below=below)

    silent, told = (last_ink(tmp_path / name) for name in ("a.png", "b.png"))
    assert silent < 0.985 < told


def test_the_same_films_give_the_same_bytes(tmp_path: Path) -> None:
    panel = Panel(0, "t", np.ones((GRID, GRID), np.float32), (box("top left"),))

    for name in ("a.png", "b.png"):
        save_sheet(tmp_path / name, [panel], gray)

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
