import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.builders.processes import children_of, ignores
from tests.builders.waiting import wait_until
from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.film import read
from triage.decode.guard import Guard
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

MIB = 1024 * 1024
LIMIT_S = 3.0
"""For a small film by a child that is ready, which takes some milliseconds."""


@pytest.fixture(scope="module")
def guard() -> Guard:
    """One guard with a warm child for the tests of this module that do not hurt it."""
    return Guard()


def refusal_by(guard: Guard, path: Path) -> tuple[RefusalCode, str]:
    with pytest.raises(UnassessableFilm) as refused:
        guard.read(path)
    return refused.value.refusal.code, refused.value.refusal.sentence


def large(path: Path, side: int) -> Path:
    """Write a film of side x side words that is read in many copies: RLE."""
    dataset = film(np.tile(GRADIENT, (side // 64, side // 64)))
    dataset.compress(RLELossless, generate_instance_uid=False)
    return saved(dataset, path)


def test_a_film_comes_back_as_it_is_read_without_a_guard(guard: Guard, tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")

    guarded, plain = guard.read(path), read(path)

    assert np.array_equal(guarded.stored, plain.stored)
    assert np.array_equal(guarded.render((17, 23)), plain.render((17, 23)))
    assert (guarded.view, guarded.notes) == (plain.view, plain.notes)


def test_a_film_outlives_the_next_one(guard: Guard, tmp_path: Path) -> None:
    first = guard.read(saved(film(), tmp_path / "first"))

    guard.read(saved(film(np.flipud(GRADIENT)), tmp_path / "second"))

    assert np.array_equal(first.stored, GRADIENT)


def test_a_film_outlives_its_file(guard: Guard, tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")
    found = guard.read(path)

    path.write_bytes(b"")

    assert np.array_equal(found.stored, GRADIENT)
    assert not found.stored.flags.writeable


def test_a_refusal_comes_back_with_code_and_sentence(guard: Guard, tmp_path: Path) -> None:
    code, sentence = refusal_by(guard, saved(film(Modality="CT"), tmp_path / "film"))

    assert (code, sentence) == (RefusalCode.MODALITY, "Modality is 'CT': CR or DX is assessed.")


def test_a_refusal_costs_no_child(guard: Guard, tmp_path: Path) -> None:
    path = saved(film(Modality="CT"), tmp_path / "film")
    refusal_by(guard, path)
    before = children_of(os.getpid(), "triage.decode.guarded")

    refusal_by(guard, path)

    assert children_of(os.getpid(), "triage.decode.guarded") == before


def test_with_the_gate_open_a_ct_is_a_film(guard: Guard, tmp_path: Path) -> None:
    path = saved(film(Modality="CT"), tmp_path / "film")

    assert "header not screened" in guard.read(path, minimum_age_years=None).notes


def test_pixels_are_compared_across_codecs(guard: Guard, tmp_path: Path) -> None:
    plain, packed = film(), film()
    packed.compress(JPEG2000Lossless, generate_instance_uid=False)
    paths = saved(plain, tmp_path / "plain"), saved(packed, tmp_path / "packed")

    assert guard.same_pixels(*paths)
    assert not guard.same_pixels(paths[0], saved(film(GRADIENT + 1), tmp_path / "other"))


def test_an_absent_file_says_nothing_about_a_film(guard: Guard, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        guard.read(tmp_path / "absent")


def test_a_child_that_was_killed_is_replaced_and_the_film_is_read(tmp_path: Path) -> None:
    others = children_of(os.getpid(), "triage.decode.guarded")
    guard, path = Guard(), saved(film(), tmp_path / "film")
    guard.read(path)

    (child,) = children_of(os.getpid(), "triage.decode.guarded") - others
    os.kill(child, signal.SIGKILL)

    assert np.array_equal(guard.read(path).stored, GRADIENT)


def test_a_film_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    guard = Guard(memory_bytes=48 * MIB)

    code, sentence = refusal_by(guard, large(tmp_path / "large", 6400))

    assert code is RefusalCode.DECODER
    assert sentence == "The decoder needed more than 48 MiB of memory."
    assert np.array_equal(guard.read(saved(film(), tmp_path / "film")).stored, GRADIENT)


def test_the_same_film_is_read_with_more_memory(guard: Guard, tmp_path: Path) -> None:
    assert guard.read(large(tmp_path / "large", 6400)).shape == (6400, 6400)


def ready_child(others: set[int]) -> int:
    """Wait until the one child that is none of the others is ready."""
    (child,) = children_of(os.getpid(), "triage.decode.guarded") - others
    wait_until(lambda: ignores(child, signal.SIGTERM))
    return child


def test_a_film_that_takes_too_long_is_refused_and_the_child_replaced(tmp_path: Path) -> None:
    others = children_of(os.getpid(), "triage.decode.guarded")
    guard, path = Guard(time_limit_s=LIMIT_S), saved(film(), tmp_path / "film")
    hung = ready_child(others)
    guard.read(path)  # it is this child that reads
    os.kill(hung, signal.SIGSTOP)

    code, sentence = refusal_by(guard, path)

    assert (code, sentence) == (RefusalCode.DECODER, "The decoder took more than 3 s.")
    assert not Path(f"/proc/{hung}").exists()
    assert ready_child(others) != hung
    assert np.array_equal(guard.read(path).stored, GRADIENT)


def test_callers_at_once_have_a_child_each(tmp_path: Path) -> None:
    guard, path = Guard(most_children=4), saved(film(), tmp_path / "film")
    shapes: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=lambda: shapes.append(guard.read(path).shape)) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shapes == [GRADIENT.shape] * 4


def test_callers_beyond_the_number_of_children_wait_for_one(tmp_path: Path) -> None:
    others = children_of(os.getpid(), "triage.decode.guarded")
    guard, path = Guard(most_children=1), saved(film(), tmp_path / "film")

    with ThreadPoolExecutor(4) as pool:
        shapes = [found.shape for found in pool.map(guard.read, [path] * 8)]

    assert shapes == [GRADIENT.shape] * 8
    assert len(children_of(os.getpid(), "triage.decode.guarded") - others) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_does_not_blame_the_film(
    guard: Guard, tmp_path: Path, number: signal.Signals
) -> None:
    path = saved(film(), tmp_path / "film")
    guard.read(path)
    before = children_of(os.getpid(), "triage.decode.guarded")

    for child in before:
        os.kill(child, number)

    assert np.array_equal(guard.read(path).stored, GRADIENT)
    assert children_of(os.getpid(), "triage.decode.guarded") == before


def test_children_end_with_their_guard(tmp_path: Path) -> None:
    gc.collect()
    others = children_of(os.getpid(), "triage.decode.guarded")
    guard = Guard()
    guard.read(saved(film(), tmp_path / "film"))
    assert children_of(os.getpid(), "triage.decode.guarded") > others

    del guard
    gc.collect()

    assert children_of(os.getpid(), "triage.decode.guarded") == others


def test_a_child_ends_when_its_owner_is_gone() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-m", "triage.decode.guarded"], stdin=theirs.fileno()
        )

    ours.close()

    wait_until(lambda: child.poll() is not None)
    assert child.returncode == 0
