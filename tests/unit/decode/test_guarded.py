import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.decode.headers import film, saved
from triage.decode.wire import LONGEST_MESSAGE

LIMITS = {"memory_bytes": 1 << 30, "time_limit_s": 60, "minimum_age_years": 18}


@pytest.fixture
def child() -> Iterator[socket.socket]:
    """The owner's end of a child's socket; the child ends with the test."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "triage.decode.guarded"]
    with theirs, subprocess.Popen(command, stdin=theirs.fileno()):
        theirs.close()
        with ours:
            yield ours


def asked(child: socket.socket, path: Path, **limits: object) -> dict[str, object]:
    with path.open("rb") as file:
        request = json.dumps({**LIMITS, **limits}).encode()
        socket.send_fds(child, [request], [file.fileno()])
    answer: dict[str, object] = json.loads(child.recv(LONGEST_MESSAGE))
    return answer


def test_a_child_answers_one_film_after_the_other(child: socket.socket, tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")

    first, second = asked(child, path), asked(child, path)

    assert first == second
    assert "film" in first


def test_a_refusal_leaves_the_child_at_work(child: socket.socket, tmp_path: Path) -> None:
    refused = asked(child, saved(film(Modality="CT"), tmp_path / "ct"))

    assert refused["refusal"] == {
        "code": "modality",
        "sentence": "Modality is 'CT': CR or DX is assessed.",
    }
    assert "film" in asked(child, saved(film(), tmp_path / "film"))


def test_who_ran_out_of_memory_is_not_asked_again(child: socket.socket, tmp_path: Path) -> None:
    answer = asked(child, saved(film(), tmp_path / "film"), memory_bytes=-(1 << 20))

    assert answer == {"failed": "The decoder needed more than -1 MiB of memory."}
    assert child.recv(LONGEST_MESSAGE) == b""
