"""A folder of labelled films that a tiny bundle tells apart, small enough for a unit test."""

import shutil
from pathlib import Path

from tests.unit.evaluate.lists import written

SAMPLES = Path(__file__).parents[3] / "sample_dicoms"
RISING = (
    "dx_normal_japanese_name",
    "dx_infiltrate",
    "cr_mass_chinese_name",
    "dx_mass",
    "cr_normal",
)
"""Synthetic films in rising order of what the tiny bundle says of tumour."""

COPIES = 4


def shelved(folder: Path) -> Path:
    """Write twenty films of ten patients with labels: the two highest samples have a tumour."""
    folder.mkdir()
    for name in RISING:
        for copy in range(COPIES):
            shutil.copyfile(SAMPLES / f"{name}.dcm", folder / f"{name}{copy}.dcm")
    rows = [
        f"{name}{copy}.dcm,{name}-{copy // 2},val,{place > 2 or (place, copy) == (0, 0):d}"
        for place, name in enumerate(RISING)
        for copy in range(COPIES)
    ]
    head = "file,patient_id,split,tumour"
    written(folder / "labels.csv", head, *rows, "gone.dcm,P-train,train,1")
    return folder
