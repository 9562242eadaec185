import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from triage.domain.labels import CHESTXRAY14, HEADS
from triage.evaluate.curves import Pass, save_curves

BLUE, RED, GREEN = (0x1F, 0x5F, 0xA8), (0xB3, 0x26, 0x1E), (0x2E, 0x7D, 0x32)


def run(epochs: int = 12) -> list[Pass]:
    """Make the log of a run whose labels get better at their own pace."""
    labels = (*HEADS, *CHESTXRAY14)
    return [
        Pass(n, 1 / n, {name: 0.5 + 0.002 * n * k for k, name in enumerate(labels)}, 60.0)
        for n in range(1, epochs + 1)
    ]


def drawn(path: Path) -> NDArray[np.int64]:
    """Read a picture, (rows, columns, 3), RGB."""
    picture = cv2.imread(str(path))
    assert picture is not None
    return np.asarray(picture[..., ::-1], dtype=np.int64)


def inked(picture: NDArray[np.int64], colour: tuple[int, int, int]) -> NDArray[np.intp]:
    """Return the columns that hold a colour."""
    return np.flatnonzero((np.abs(picture - colour).max(axis=2) < 12).any(axis=0))


def test_loss_stands_left_of_the_aurocs(tmp_path: Path) -> None:
    picture = drawn(save_curves(tmp_path / "curves.png", run()))

    middle = picture.shape[1] // 3
    assert (inked(picture, BLUE) < middle).any()
    assert inked(picture, RED).min() > middle


def test_the_best_epoch_is_marked_where_it_is(tmp_path: Path) -> None:
    log = run()
    log[2] = replace(log[2], aurocs=dict.fromkeys(HEADS, 0.9))

    late = inked(drawn(save_curves(tmp_path / "late.png", run())), GREEN)
    early = inked(drawn(save_curves(tmp_path / "early.png", log)), GREEN)

    assert late.min() > early.min() + 100


def test_an_epoch_of_another_size_than_the_last_is_never_the_best(tmp_path: Path) -> None:
    log = [replace(each, pixels=224) for each in run()]
    log[2] = replace(log[2], aurocs=dict.fromkeys(HEADS, 0.9))
    other = [replace(each, pixels=160) if each.epoch == 3 else each for each in log]

    same = inked(drawn(save_curves(tmp_path / "same.png", log)), GREEN)
    late = inked(drawn(save_curves(tmp_path / "other.png", other)), GREEN)

    assert late.min() > same.min() + 100


def test_a_single_epoch_is_seen(tmp_path: Path) -> None:
    picture = drawn(save_curves(tmp_path / "curves.png", run(1)))

    assert inked(picture, RED).min() < 0.75 * picture.shape[1]


def test_an_epoch_of_another_size_is_marked_in_both_panels(tmp_path: Path) -> None:
    log = [replace(each, pixels=160) for each in run()]
    same = drawn(save_curves(tmp_path / "1.png", log))
    other = drawn(
        save_curves(tmp_path / "2.png", log[:6] + [replace(e, pixels=224) for e in log[6:]])
    )

    changed = np.flatnonzero((same != other).any(axis=(0, 2))) / same.shape[1]
    assert (changed < 0.3).any()
    assert (changed > 0.4).any()
    assert not ((changed > 0.3) & (changed < 0.4)).any()


def test_a_label_that_cannot_be_judged_does_not_count() -> None:
    aurocs = {"tumour": 0.6, "inflammation": 0.7, "Hernia": math.nan}

    assert Pass(1, 0.5, aurocs, 1.0).mean == pytest.approx(0.65)
    assert math.isnan(Pass(1, 0.5, {"Hernia": math.nan}, 1.0).mean)


def test_a_run_without_a_judged_label_says_so(tmp_path: Path) -> None:
    nothing = [replace(each, aurocs=dict.fromkeys(HEADS, math.nan)) for each in run()]

    assert inked(drawn(save_curves(tmp_path / "1.png", nothing)), RED).size
    assert inked(drawn(save_curves(tmp_path / "2.png", [])), RED).size


def test_the_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = (save_curves(tmp_path / name, run()) for name in ("1.png", "2.png"))

    assert first.read_bytes() == again.read_bytes()
