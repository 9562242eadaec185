from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.evaluate.drawers import FILMS, boxed, found
from tests.unit.evaluate.marked import box
from triage.evaluate.boxed import Found
from triage.evaluate.localisation_sheet import MOST, Panel, panels, save_sheet
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


def test_films_are_taken_from_the_best_to_the_worst(done: Found) -> None:
    chosen = panels(done.located, done.films, boxed().boxes)

    titles = [panel.title.splitlines()[1] for panel in chosen]
    assert titles == ["IoU 1.00, hit"] * 3 + ["IoU 0.00, miss"] * 3
    assert all(panel.title.startswith("NIH Mass, by tumour\n") for panel in chosen)
    assert all(panel.boxes == (box("top left"),) for panel in chosen)


def test_many_films_are_thinned_out(done: Found) -> None:
    (mass,) = done.located
    many = replace(mass, films=np.tile(mass.films, 9), values=np.tile(mass.values, (9, 1, 1)))

    assert len(panels([many], done.films, boxed().boxes)) == MOST
    assert len(panels([many] * 5, done.films, boxed().boxes)) == 10
    assert len(panels([many] * 20, done.films, boxed().boxes)) == MOST


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

    assert {panel.title.splitlines()[1] for panel in chosen} == {"no localisation"}
    assert has(tmp_path / "sheet.png", blue=True)
    assert not has(tmp_path / "sheet.png", hot=True)


def test_the_same_films_give_the_same_bytes(tmp_path: Path) -> None:
    panel = Panel(0, "t", np.ones((GRID, GRID), np.float32), (box("top left"),))

    for name in ("a.png", "b.png"):
        save_sheet(tmp_path / name, [panel], gray)

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
