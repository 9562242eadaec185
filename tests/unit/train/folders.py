"""A small training folder with drawn films."""

import csv
from pathlib import Path

import cv2
import numpy as np

Row = dict[str, str]


def row(number: int, **changes: str) -> Row:
    """Make one valid row of labels.csv; rows of different number are different patients."""
    return {
        "file": f"films/{number}.png",
        "patient_id": f"P{number}",
        "split": "val" if number % 4 == 0 else "train",
        "tumour": str(number // 4 % 2),
        "inflammation": str(number // 8 % 2),
        "age": "61",
        "rsna_class": "",
        "dataset": "Drawn",
        "licence": "none needed",
    } | changes


def folder(path: Path, rows: list[Row]) -> Path:
    """Write labels.csv and one film per row, brighter where there is a tumour."""
    (path / "films").mkdir(parents=True)
    with (path / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    noise = np.random.default_rng(8)
    for each in rows:
        film = noise.integers(0, 120, (40, 32)) + 100 * (each["tumour"] == "1")
        assert cv2.imwrite(str(path / each["file"]), film.astype(np.uint8))
    return path
