"""A bundle that flags every film, so that the way back to the PACS is seen."""

import os
import shutil
from pathlib import Path

from triage.infer.bundle import CARD, shipped_bundle
from triage.infer.card import read_card
from triage.infer.section import card_text

BUNDLE = "TRIAGE_MODEL__BUNDLE"


def bundle_that_flags_all(folder: Path) -> Path:
    """Copy the bundle in use, with thresholds of 0 and a version that says so.

    Raises:
        ConfigurationError: there is no bundle.
    """
    chosen = os.environ.get(BUNDLE)
    source = Path(chosen) if chosen else shipped_bundle()
    card = read_card(source / CARD)
    everything = {"threshold": 0.0, "sensitivity": 1.0, "specificity": 0.0}
    labels = tuple(label.model_copy(update=everything) for label in card.labels)
    lowered = card.model_copy(update={"labels": labels, "version": f"{card.version}-demo"})
    shutil.copytree(source, folder)
    (folder / CARD).write_text(card_text(lowered), encoding="utf-8")
    return folder
