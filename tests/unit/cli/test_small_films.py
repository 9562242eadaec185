from pathlib import Path

import numpy as np
import pytest

from triage.cli.reading_page import SmallFilm
from triage.cli.small_films import draw_small
from triage.database.reading_list import ShownFilm
from triage.domain.assessment import HeatMap, Placement
from triage.settings import Picture

SAMPLES = Path(__file__).parents[3] / "sample_dicoms"
WHOLE = Placement(0, 0, 1, 1)
HOT = HeatMap("tumour", np.ones((7, 7), np.float32), WHOLE)
COLD = HeatMap("tumour", np.zeros((7, 7), np.float32), WHOLE)


def small(file: Path, heat: HeatMap | None = None) -> SmallFilm:
    return draw_small({"2.25.1": ShownFilm("ab", heat)}, {"2.25.1": file}, Picture())["2.25.1"]


def test_a_film_is_drawn_alone_and_with_its_map() -> None:
    drawn = small(SAMPLES / "dx_mass.dcm", HOT)

    assert drawn.film is not None
    assert drawn.overlay is not None
    assert drawn.film != drawn.overlay


def test_a_film_without_a_flagged_finding_is_drawn_alone() -> None:
    drawn = small(SAMPLES / "dx_mass.dcm")

    assert drawn.film is not None
    assert (drawn.overlay, drawn.missing) == (None, "")


def test_a_map_that_speaks_for_no_place_says_so() -> None:
    assert small(SAMPLES / "dx_mass.dcm", COLD).missing == "no localisation"


@pytest.mark.parametrize("name", ["cr_hand.dcm", "dx_child.dcm"])
def test_a_film_that_was_not_assessed_is_drawn_where_it_can_be(name: str) -> None:
    drawn = small(SAMPLES / name)

    assert drawn.film is not None or drawn.missing


def test_a_file_that_has_gone_is_said_to_be(tmp_path: Path) -> None:
    assert small(tmp_path / "film.dcm") == SmallFilm(missing="film no longer kept")


def test_a_file_that_is_no_film_says_why(tmp_path: Path) -> None:
    file = tmp_path / "film.dcm"
    file.write_bytes(b"no film")

    assert small(file).missing.startswith("no picture: ")
