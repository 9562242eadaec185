"""The display picture beside DCMTK's renderer, on the published matrix (docs/pixels.md)."""

import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.clauses import expected
from tests.builders.gray import Lut, Recipe
from tests.builders.matrix import Case, matrix
from tests.builders.renderer import drawn, gray_levels
from tests.builders.tools import needs
from tests.unit.decode.headers import saved
from triage.decode.film import read

CASES = matrix()
NEVER_DRAWN = {case.reason for case in CASES if case.reason and not case.options}


def made(recipe: Recipe, folder: Path) -> Path:
    """The file of a recipe, transcoded where it says so."""
    plain = saved(recipe.dataset(), folder / "plain")
    if not recipe.syntax:
        return plain
    command = (*recipe.syntax, str(plain), str(folder / "transcoded"))
    subprocess.run(command, check=True, capture_output=True)
    return folder / "transcoded"


def difference(path: Path, case: Case) -> int:
    """Gray levels of 255 by which the pictures differ where they differ most."""
    ours, theirs = gray_levels(read(path).render()), drawn(path, *case.options)
    return int(np.abs(ours - theirs).max())


@needs("dcmj2pnm", "dcmconv", "dcmcrle", "dcmcjpeg", "dcmcjpls", "gdcmconv")
@pytest.mark.parametrize("case", [case for case in CASES if not case.reason], ids=str)
def test_a_film_is_shown_as_dcmtk_draws_it(case: Case, tmp_path: Path) -> None:
    assert difference(made(case.recipe, tmp_path), case) <= 1


@needs("dcmconv", "dcmcrle", "dcmcjpeg", "dcmcjpls", "gdcmconv")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_film_is_shown_as_the_clauses_say(case: Case, tmp_path: Path) -> None:
    shown = read(made(case.recipe, tmp_path)).render()

    assert np.abs(shown - expected(case.recipe)).max() < 0.5 / 255


def test_the_matrix_is_large_and_no_film_is_in_it_twice() -> None:
    assert len(CASES) == len({case.recipe for case in CASES}) >= 300
