"""The lists of labels that ``evaluate`` and ``calibrate`` are given, or find with the films."""

from collections.abc import Sequence
from pathlib import Path

import typer

from triage.evaluate.listing import FILE, Listing, read_listing
from triage.train.chestxray14 import is_chestxray14, read_chestxray14


def label_lists(source: Path, labels: Sequence[Path] | None) -> tuple[Listing, ...]:
    """Read the lists that were named, or what the folder of films says of them itself.

    Raises:
        UnusableList: as ``read_listing``, or as ``read_chestxray14`` in its layout.
    """
    if labels:
        return tuple(read_listing(path) for path in labels)
    if not source.is_dir():
        raise typer.BadParameter(f"--labels is missing: {source} is no folder with a labels.csv")
    if is_chestxray14(source):
        rows = read_chestxray14(source)
        return (Listing(source, tuple(rows[0] if rows else FILE[:1]), rows),)
    return (read_listing(source / "labels.csv"),)
