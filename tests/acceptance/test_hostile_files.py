"""Files that want to hurt: straight into the guarded decoder, and through ``triage run``."""

import gc
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import UID, JPEG2000Lossless, RLELossless

from tests.builders.bombs import BOMBS, HOSTILE, as_program, executable, many_elements
from tests.builders.memory import growth_of, measured_growth
from tests.builders.processes import children_of
from tests.builders.tools import BESIDE
from tests.unit.decode import headers
from tests.unit.decode.headers import GRADIENT, saved
from triage.decode.guard import MEMORY_BYTES, Guard
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.pipeline import Route

MALFORMED = tuple(sorted((BESIDE / "malformed").rglob("*.dcm")))
FLAT_MB, BOMB_MB = 40, 300
MEMORY_MB = MEMORY_BYTES / 2**20
NO_PREAMBLE = bytes(128) + b"DICM"
LARGE = (4280, 3520)
"""The rows and columns of the largest detectors."""

EX_DATA = 65
TOO_MUCH = {RefusalCode.TOO_LARGE, RefusalCode.UNREADABLE}

needs_malformed = pytest.mark.skipif(
    not MALFORMED, reason="NO MALFORMED FILES: ../shared/malformed is absent"
)


def warm_guard(folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> tuple[Guard, int]:
    """Return a guard and the process id of its child, which has read a film."""
    gc.collect()
    others = children_of(os.getpid(), "triage.decode.guarded")
    guard = Guard(memory_bytes=memory_bytes)
    guard.read(saved(headers.film(), folder / "film"))
    (child,) = children_of(os.getpid(), "triage.decode.guarded") - others
    return guard, child


def end(guard: Guard, file: Path) -> str:
    """Decode with the header's gate open, and show what came of it."""
    try:
        film = guard.read(file, minimum_age_years=None)
    except UnassessableFilm as error:
        return error.refusal.code
    rows, columns = film.shape
    shown = film.render((min(rows, 64), min(columns, 64)))
    return "shown" if 0 <= shown.min() <= shown.max() <= 1 else "not within [0, 1]"


@needs_malformed
def test_every_malformed_file_ends_with_its_gates_off(tmp_path: Path) -> None:
    guard, child = warm_guard(tmp_path)
    inside = growth_of(child)

    with measured_growth() as growth:
        ends = Counter(end(guard, file) for file in MALFORMED)

    sys.stdout.write(
        f"\n{dict(ends)}, this process grew by {growth.megabytes:.1f} MB, "
        f"the child by {inside.megabytes:.0f} MB\n"
    )
    assert not {RefusalCode.DECODER, "not within [0, 1]"} & set(ends)
    assert child in children_of(os.getpid(), "triage.decode.guarded")
    assert inside.megabytes < BOMB_MB
    assert growth.megabytes < FLAT_MB


def test_a_child_that_dies_of_a_file_is_noticed(tmp_path: Path) -> None:
    guard, child = warm_guard(tmp_path, memory_bytes=8 << 20)

    assert end(guard, many_elements(tmp_path / "elements")) == RefusalCode.DECODER

    assert child not in children_of(os.getpid(), "triage.decode.guarded")


@needs_malformed
def test_every_malformed_file_has_a_verdict_of_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "triage", "run", *map(str, MALFORMED)]
    done = subprocess.run(
        [*command, "--to", str(tmp_path / "out"), "--json"], capture_output=True, check=False
    )

    verdicts = json.loads(done.stdout)
    assert done.returncode == EX_DATA
    assert [verdict["file"] for verdict in verdicts] == [str(file) for file in MALFORMED]
    assert {verdict["verdict"] for verdict in verdicts} <= {"assessed", "not_assessed"}
    assert b"Traceback" not in done.stderr


def test_every_hostile_file_has_a_verdict_of_the_command_and_the_next_film_its_own(
    tmp_path: Path, samples: Path
) -> None:
    hostile = [make(tmp_path / name) for name, make in HOSTILE.items()]
    files = [*map(str, hostile), str(samples / "dx_mass.dcm")]

    command = [sys.executable, "-m", "triage", "run", *files, "--to", str(tmp_path / "out")]
    done = subprocess.run([*command, "--json"], capture_output=True, check=False)

    verdicts = json.loads(done.stdout)
    sys.stdout.write("".join(f"\n{said['file']}: {said['reason']}" for said in verdicts))
    assert [said["file"] for said in verdicts] == files
    assert [said["verdict"] for said in verdicts] == [*["not_assessed"] * len(hostile), "assessed"]
    assert {said["reason"]["code"] for said in verdicts[: len(BOMBS)]} <= TOO_MUCH
    assert (done.returncode, done.stderr) == (EX_DATA, b"")


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_and_the_next_film_read(bomb: object, tmp_path: Path) -> None:
    assert callable(bomb)
    file = bomb(tmp_path / "bomb")
    guard, child = warm_guard(tmp_path)
    inside = growth_of(child)

    with measured_growth() as growth, pytest.raises(UnassessableFilm) as refused:
        guard.read(file)

    sys.stdout.write(f"\nthe child grew by {inside.megabytes:.0f} MB\n")
    assert refused.value.refusal.code in TOO_MUCH
    assert inside.megabytes < BOMB_MB
    assert growth.megabytes < FLAT_MB
    assert np.array_equal(guard.read(saved(headers.film(), tmp_path / "film")).stored, GRADIENT)
    assert child in children_of(os.getpid(), "triage.decode.guarded")


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless], ids=lambda one: one.name)
def test_the_largest_film_takes_its_child_less_than_the_limit(syntax: UID, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    dataset = headers.film(random.integers(1000, 1200, LARGE, dtype=np.uint16))
    dataset.compress(syntax, generate_instance_uid=False)
    file = saved(dataset, tmp_path / "large")
    guard, child = warm_guard(tmp_path)
    inside = growth_of(child)

    assert guard.read(file).shape == LARGE

    sys.stdout.write(f"\nthe child grew by {inside.megabytes:.0f} MB, {MEMORY_MB:g} are allowed\n")
    assert 2 * 4280 * 3520 / 2**20 < inside.megabytes < MEMORY_MB  # the film itself is seen


def test_a_million_elements_are_walked_over_in_little_memory(tmp_path: Path) -> None:
    guard = Guard(memory_bytes=128 << 20)

    with measured_growth() as growth:
        ended = end(guard, many_elements(tmp_path / "elements"))

    assert ended == "shown"
    assert growth.megabytes < FLAT_MB
    assert np.array_equal(guard.read(saved(headers.film(), tmp_path / "film")).stored, GRADIENT)


def test_a_program_in_the_preamble_is_read_over(tmp_path: Path) -> None:
    found = Guard().read(executable(tmp_path / "film.exe"))

    assert np.array_equal(found.stored, GRADIENT)


def test_a_program_in_the_preamble_is_not_carried_over(
    flagging_route: Route, samples: Path, tmp_path: Path
) -> None:
    film = as_program(samples / "dx_mass.dcm", tmp_path / "film.exe")

    capture = flagging_route.compose(film, flagging_route.assess(film), received_at=None).capture

    assert capture.encoded.startswith(NO_PREAMBLE)


def test_a_preamble_that_is_carried_over_is_noticed(samples: Path, tmp_path: Path) -> None:
    film = as_program(samples / "dx_mass.dcm", tmp_path / "film.exe")

    copied = tmp_path / "copied"
    dcmread(film).save_as(copied)

    assert not copied.read_bytes().startswith(NO_PREAMBLE)
