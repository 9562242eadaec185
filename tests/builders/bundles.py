"""Bundles for tests: the shipped weights with thresholds that flag every film, or none."""

import re
import shutil
from pathlib import Path

from triage.infer.bundle import CARD, shipped_bundle


def bundle_with_thresholds(folder: Path, threshold: float) -> Path:
    """Copy the shipped bundle and set the threshold of every label."""
    shutil.copytree(shipped_bundle(), folder)
    card = (folder / CARD).read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^threshold = .*$", f"threshold = {threshold}", card)
    (folder / CARD).write_text(changed, encoding="utf-8")
    return folder
