"""Lists of films on disk and in memory, small and valid."""

from pathlib import Path

import numpy as np

from triage.evaluate.cases import Cases
from triage.evaluate.labels import Choice, Labels, read_labels
from triage.evaluate.listing import Listing, read_listing


def written(path: Path, *lines: str) -> Path:
    """Write lines to a CSV file."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def listed(path: Path, *lines: str) -> Listing:
    """Write lines to a CSV file and read it as a list of films."""
    return read_listing(written(path, *lines))


def labels_of(path: Path, *lines: str, choice: Choice | None = None) -> Labels:
    """Write lines to a CSV file and read it as labels."""
    return read_labels([listed(path, *lines)], choice or Choice())


def cases(count: int = 240) -> Cases:
    """Make films of half as many patients, with scores that rank well and groups."""
    noise = np.random.default_rng(7)
    numbers = np.arange(count)
    tumour, inflammation = numbers % 3 == 0, numbers % 4 == 0
    return Cases(
        films=tuple(f"{number}.png" for number in numbers),
        patients=numbers // 2,
        scores={
            "tumour": 0.7 * noise.random(count) + 0.3 * tumour,
            "inflammation": 0.8 * noise.random(count) + 0.2 * inflammation,
        },
        truths={
            "tumour": tumour.astype(float),
            "inflammation": np.where(numbers % 10 == 9, np.nan, inflammation),
            "Lung Opacity": np.where(numbers < 50, inflammation, np.nan),
        },
        groups={
            "source": np.array([""] * count),
            "view": np.where(numbers % 5 < 3, "PA", "AP"),
            "sex": np.array(["F", "M", ""])[numbers % 3],
        },
        unpredicted=0,
    )
