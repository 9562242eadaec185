"""Films for the whole route: five large chests that pass every gate, of which one is flagged."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks.objects import DEEPEST_WHITE, DX, film_object
from tests.benchmarks.receiver import BenchError
from triage.decode.film import read
from triage.infer.bundle import CARD, copy_bundle, load_bundle, shipped_bundle
from triage.infer.card import read_card
from triage.infer.predictor import Predictor

SAMPLES = Path(__file__).parents[2] / "sample_dicoms"
CHESTS = (
    "cr_normal",
    "cr_mass_chinese_name",
    "dx_infiltrate",
    "dx_mass",
    "dx_normal_japanese_name",
)
NOISE = 20
"""Gray levels of 4096: enough that no file system compresses a film away."""

LEAST_GAP = 0.02
"""Between the highest probability and the next: four times what a shorter precision may change."""


def write_chests(folder: Path) -> list[Path]:
    """Write the sample films that are assessed as 15 MB films of the size of a detector."""
    chance = np.random.default_rng(7)
    paths = []
    for serial, name in enumerate(CHESTS):
        path = folder / f"chest-{serial}.dcm"
        pixels = _enlarged(SAMPLES / f"{name}.dcm", chance)
        film_object(DX, serial, pixels).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def bundle_for(films: Sequence[Path], folder: Path) -> int:
    """Copy the shipped bundle with thresholds by which one film is flagged, and tell which.

    The label that tells the highest film best from the next gets a threshold half-way between
    the two, and no other label flags: so it works with any bundle.

    Raises:
        BenchError: no label tells them apart.
    """
    card = read_card(shipped_bundle() / CARD)
    said = Predictor(load_bundle(shipped_bundle()), "cpu").assess([read(film) for film in films])
    found = np.array([[f.probability for f in each.findings] for each in said])  # (films, labels)
    second, first = np.sort(found, axis=0)[-2:]
    best = int((first - second).argmax())
    if first[best] - second[best] < LEAST_GAP:
        raise BenchError(f"the films differ by {first[best] - second[best]:.3f}: none is flagged")
    labels = [label.model_copy(update={"flags": False, "urgent": None}) for label in card.labels]
    threshold = {"flags": True, "threshold": float(first[best] + second[best]) / 2}
    labels[best] = labels[best].model_copy(update=threshold)
    copy_bundle(
        shipped_bundle(), folder, description=card.model_copy(update={"labels": tuple(labels)})
    )
    return int(found[:, best].argmax())


def _enlarged(sample: Path, chance: np.random.Generator) -> bytes:
    shown = read(sample).render()
    large = cv2.resize(shown, (DX.columns, DX.rows), interpolation=cv2.INTER_CUBIC)
    noise = NOISE * chance.standard_normal(large.shape, dtype=np.float32)
    levels = np.clip(DEEPEST_WHITE * np.asarray(large, np.float32) + noise, 0, DEEPEST_WHITE)
    pixels: bytes = levels.astype("<u2").tobytes()
    return pixels
