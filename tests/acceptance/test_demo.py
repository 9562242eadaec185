"""``make demo`` as a user runs it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.bundles import bundle_with_thresholds
from tests.builders.tools import needs
from tests.builders.waiting import wait_until

HOUSE = Path(__file__).parents[2]
LONGEST_S = 300


class Demo:
    """The demonstration in a folder of its own, where everything that it leaves is seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tmp").mkdir()
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(HOUSE),
            "TMPDIR": str(folder / "tmp"),
        }

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "deploy.demo", *words],
            cwd=self.folder,
            env={**self._environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> tuple[int, str]:
        process = self.start(*words, **environment)
        said, _ = process.communicate(timeout=LONGEST_S)
        return process.returncode, said

    def left(self) -> list[str]:
        """Name temporary files and processes that are still there."""
        marker = f"TMPDIR={self.folder / 'tmp'}".encode()
        running = [
            path.parent.name
            for path in Path("/proc").glob("[0-9]*/environ")
            if marker in _read(path)
        ]
        return [*(path.name for path in (self.folder / "tmp").iterdir()), *running]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """The demonstration in an empty folder."""
    return Demo(tmp_path)


def test_every_assessed_sample_comes_back_and_nothing_is_left(demo: Demo) -> None:
    code, said = demo.run()

    pictures = sorted(path.stem for path in (demo.folder / "demo-out").glob("*.png"))
    assert (code, demo.left()) == (0, []), said
    assert len(pictures) == 5
    assert "lateral: " in said
    assert "5 captures came back" in said


def test_with_thresholds_that_no_film_reaches_nothing_is_returned(demo: Demo) -> None:
    calm = bundle_with_thresholds(demo.folder / "bundle", 1.0)

    code, said = demo.run("--return", "flagged", TRIAGE_MODEL__BUNDLE=str(calm))

    assert (code, demo.left()) == (0, []), said
    assert "no film was flagged, so no capture was returned" in said


@needs("Orthanc")
def test_orthanc_files_the_captures_in_their_studies(demo: Demo, samples: Path) -> None:
    twin = samples / "cr_normal.dcm"

    code, said = demo.run("--pacs", "orthanc", "--", str(twin))

    assert (code, demo.left()) == (0, []), said
    assert "cr_normal-2" in said


def test_a_load_is_timed(demo: Demo) -> None:
    code, said = demo.run("--load", "burst", "--studies", "2")

    assert (code, demo.left()) == (0, []), said
    assert re.search(r"last film to result in the PACS: p50 [0-9.]+ s, p95 [0-9.]+ s", said)


def test_an_interrupted_demonstration_stops_what_it_started(demo: Demo) -> None:
    with demo.start() as process:
        assert process.stdout is not None
        wait_until(
            lambda: "ready" in str(process.stdout and process.stdout.readline()), within_s=LONGEST_S
        )
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.wait(LONGEST_S)

    assert process.returncode == 130
    assert demo.left() == []
