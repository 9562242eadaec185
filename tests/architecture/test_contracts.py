"""The import contracts hold, and each one breaks when it is violated."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = [contract["name"] for contract in SETTINGS["tool"]["importlinter"]["contracts"]]

VIOLATIONS = {
    "Floors": ("triage/domain/study.py", "import triage.settings"),
    "The listener never reaches the network or the pixels": (
        "triage/spool.py",
        "import torch",
    ),
    "SQL lives in database": ("triage/spool.py", "import sqlite3"),
    "torch lives in infer and train": ("triage/encode/uids.py", "import torch"),
    "OpenCV and Pillow live in decode, overlay and train": ("triage/infer/card.py", "import cv2"),
    "pydicom lives in receive, decode, encode and send": (
        "triage/infer/card.py",
        "import pydicom",
    ),
    "pynetdicom lives in receive and send": ("triage/spool.py", "import pynetdicom"),
    "APScheduler lives in daemon": ("triage/cli/status.py", "import apscheduler"),
    "matplotlib lives in evaluate": ("triage/overlay/page.py", "import matplotlib"),
    "domain needs the standard library and NumPy alone": (
        "triage/domain/study.py",
        "import pydicom",
    ),
    "No cycles among the stations' files": (
        "triage/database/schema.py",
        "import triage.database.queue",
    ),
}


def lint(folder: Path) -> str:
    """Run import-linter in a folder and return what it says."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.stdout.decode()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that a test may spoil."""
    shutil.copytree(ROOT / "triage", tmp_path / "triage", ignore=shutil.ignore_patterns("shipped"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept() -> None:
    said = lint(ROOT)

    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_breaks_when_it_is_violated(contract: str, copy: Path) -> None:
    file, violation = VIOLATIONS[contract]
    source = (copy / file).read_text(encoding="utf-8")

    (copy / file).write_text(f"{source}\n{violation}\n", encoding="utf-8")

    assert f"{contract} BROKEN" in lint(copy)


def test_a_package_that_no_floor_names_breaks_the_build(copy: Path) -> None:
    (copy / "triage" / "helpers.py").write_text('"""Nowhere."""\n', encoding="utf-8")

    assert "Floors BROKEN" in lint(copy)
