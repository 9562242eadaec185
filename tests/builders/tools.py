"""Programs of other people: found, or their tests are skipped and say so loudly."""

import shutil
import subprocess
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[3] / "shared"
"""Real films that lie beside the project; they are never copied into it."""

needs_films = pytest.mark.skipif(
    not (BESIDE / "dicom").is_dir(), reason="NO REAL FILMS: ../shared/dicom is absent"
)


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test where a program is not installed, with a line that names it."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"NOT INSTALLED: {', '.join(missing)}")


def complaints(*command: str | Path) -> list[str]:
    """Run a validator and return the lines in which it names an error or a warning."""
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.startswith(("Error", "Warning"))]


def beyond_the_source(source: Path, capture: Path) -> set[str]:
    """Name what validators say of a capture and not of its source.

    View Position, which is copied, is in no module of a Secondary Capture; that is known.
    """
    ours = set(complaints("dciodvfy", "-new", capture))
    theirs = set(complaints("dciodvfy", "-new", source))
    known = {line for line in ours if "</ViewPosition(0018,5101)>" in line}
    return ours - theirs - known | set(complaints("dcentvfy", source, capture))
