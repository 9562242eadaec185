from pathlib import Path

import cv2
import numpy as np
import pytest

from triage.domain.errors import UnusableList
from triage.infer.likeness import LikenessNetwork
from triage.train.material import limits_of, read_material


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    lines = ["file,patient_id,split,dataset,licence"]
    for number in range(20):
        name = f"film-{number}.png"
        cv2.imwrite(str(tmp_path / name), random.integers(0, 256, (70, 60), dtype=np.uint8))
        lines.append(f"{name},patient-{number:02},train,drawn,free")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_every_tenth_patient_is_held(folder: Path) -> None:
    found = read_material(folder, accepted=None, refused=None)

    assert (len(found.material.films), len(found.held)) == (18, 2)
    assert found.sources == ("drawn: free",)


def test_drawings_are_read_from_a_folder(folder: Path) -> None:
    found = read_material(folder, accepted=folder, refused=None)

    assert found.material.accepted.shape == (20, 64, 64)
    assert found.material.refused.shape == (0, 64, 64)


def test_a_missing_film_is_named(folder: Path) -> None:
    (folder / "film-3.png").unlink()

    with pytest.raises(UnusableList, match=r"film-3\.png"):
        read_material(folder, accepted=None, refused=None)


def test_a_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"labels\.csv"):
        read_material(tmp_path, accepted=None, refused=None)


def test_a_list_without_patients_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,split\n")

    with pytest.raises(UnusableList, match="column patient_id is missing"):
        read_material(tmp_path, accepted=None, refused=None)


def test_limits_lie_within_what_held_films_show() -> None:
    held = np.random.default_rng(1).random((30, 64, 64), dtype=np.float32)

    limits = limits_of(LikenessNetwork(4).eval(), held)

    assert 0 <= limits.upright <= 1
    assert limits.strangeness > 0
