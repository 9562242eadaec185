"""The display picture beside DCMTK's renderer, on the published matrix (docs/pixels.md)."""

import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.clauses import expected
from tests.builders.gray import Lut, Recipe
from tests.builders.matrix import WITH_LOSS, Case, matrix
from tests.builders.renderer import drawn, gray_levels
from tests.builders.tools import needs
from tests.unit.decode.headers import saved
from triage.decode.film import read

CASES = matrix()
BESIDE_DCMTK = [case for case in CASES if not case.reason]
OF_THE_CLAUSES = [case for case in CASES if case.axis != WITH_LOSS]
DOCUMENT = Path(__file__).parents[2] / "docs" / "pixels.md"


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
@pytest.mark.parametrize("case", BESIDE_DCMTK, ids=str)
def test_a_film_is_shown_as_dcmtk_draws_it(case: Case, tmp_path: Path) -> None:
    assert difference(made(case.recipe, tmp_path), case) <= 1


@needs("dcmconv", "dcmcrle", "dcmcjpeg", "dcmcjpls", "gdcmconv")
@pytest.mark.parametrize("case", OF_THE_CLAUSES, ids=str)
def test_a_film_is_shown_as_the_clauses_say(case: Case, tmp_path: Path) -> None:
    shown = read(made(case.recipe, tmp_path)).render()

    assert np.abs(shown - expected(case.recipe)).max() < 0.5 / 255


def test_the_matrix_is_large_and_no_film_is_in_it_twice() -> None:
    assert len(BESIDE_DCMTK) >= 300
    assert len(CASES) == len({case.recipe for case in CASES})


def test_the_matrix_is_published_as_it_is() -> None:
    beside, all_of = Counter(case.axis for case in BESIDE_DCMTK), Counter(c.axis for c in CASES)
    reasons = Counter(case.reason for case in CASES if case.reason)
    rows = [f"| {axis} | {beside[axis]} | {count} |" for axis, count in all_of.items()]
    rows += [f"| **all** | **{len(BESIDE_DCMTK)}** | **{len(CASES)}** |"]
    rows += [f"| {reason} | {count} |" for reason, count in sorted(reasons.items())]

    published = DOCUMENT.read_text(encoding="utf-8").splitlines()

    assert [row for row in rows if row not in published] == []


WRONG = {
    "another window": replace(Recipe(), windows=((1900, 1000),)),
    "another function": replace(Recipe(), windows=((2048, 1000),), function="SIGMOID"),
    "no table": replace(Recipe(), windows=((2048, 1000),), voi=Lut(0, 4096, 12)),
    "the other polarity": replace(Recipe(), windows=((2048, 1000),), photometric="MONOCHROME1"),
    "another slope": replace(Recipe(), windows=((2048, 1000),), rescale=(2, 0)),
}
"""What a pipeline would show that did not heed one thing of the film beside it."""

LOSSY = (("dcmcjpeg", "+eb"), ("dcmcjpeg", "+ee"), ("dcmcjpls", "+en", "+md", "2"))


@needs("dcmj2pnm")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_pipeline_that_heeds_one_thing_less_would_be_noticed(
    wrong: Recipe, tmp_path: Path
) -> None:
    right = saved(replace(Recipe(), windows=((2048, 1000),)).dataset(), tmp_path / "right")
    theirs = drawn(right, "+Wi", "1")

    ours = gray_levels(read(made(wrong, tmp_path)).render())

    assert np.abs(ours - theirs).max() > 1


@needs("dcmj2pnm", "dcmcjpeg", "dcmcjpls")
@pytest.mark.parametrize("syntax", LOSSY, ids=" ".join)
def test_values_that_are_not_those_of_the_lossy_codec_would_be_noticed(
    syntax: tuple[str, ...], tmp_path: Path
) -> None:
    before = replace(Recipe(8), windows=((128, 64),))
    theirs = drawn(made(replace(before, syntax=syntax), tmp_path), "+Wi", "1")

    ours = gray_levels(read(made(before, tmp_path)).render())

    assert np.abs(ours - theirs).max() > 1


@needs("dcmj2pnm")
def test_linear_exact_in_the_place_of_linear_would_be_noticed(tmp_path: Path) -> None:
    right = replace(Recipe(), windows=((2048, 20),))
    theirs = drawn(saved(right.dataset(), tmp_path / "right"), "+Wi", "1")

    ours = gray_levels(read(made(replace(right, function="LINEAR_EXACT"), tmp_path)).render())

    assert np.abs(ours - theirs).max() > 1


@needs("dcmj2pnm")
def test_a_table_of_signed_inputs_that_was_read_as_of_unsigned_ones_would_be_noticed(
    tmp_path: Path,
) -> None:
    right = Recipe(signed=True, positive=True, voi=Lut(-2048, 4096, 12))
    theirs = drawn(saved(right.dataset(), tmp_path / "right"), "+Wl", "1")

    wrong = replace(right, signed=False, bits=11, voi=Lut(65536 - 2048, 2048, 12))
    ours = gray_levels(read(made(wrong, tmp_path)).render())

    assert np.abs(ours - theirs).max() > 1
