import contextlib
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests.builders.checkpoints import from_gpu, old_container
from tests.builders.traps import Trap
from triage.domain.errors import RefusedCheckpoint
from triage.infer.foreign.container import LARGEST_BYTES, Checkpoint, read_checkpoint
from triage.infer.foreign.tensors import views_of

STATE = {"a": torch.arange(6.0), "b": torch.arange(3), "c": torch.tensor([True, False])}


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zipped(path: Path, **entries: bytes) -> Path:
    """Write a zip archive whose entries' names have slashes for double underscores."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def numbers(checkpoint: Checkpoint) -> list[list[float]]:
    return sorted(storage.tolist() for storage in checkpoint.storages.values())


@pytest.mark.parametrize("new", [True, False])
def test_both_containers_give_the_numbers_back(tmp_path: Path, new: bool) -> None:
    torch.save(STATE, tmp_path / "state.pt", _use_new_zipfile_serialization=new)

    found = read_checkpoint(tmp_path / "state.pt")

    assert numbers(found) == sorted(tensor.tolist() for tensor in STATE.values())
    assert isinstance(found.value, dict)
    assert found.value.keys() == STATE.keys()


def test_tensors_of_a_gpu_are_read_without_one(tmp_path: Path) -> None:
    path = written(tmp_path / "state.pt", from_gpu(old_container(STATE)))

    assert np.arange(6.0).tolist() in numbers(read_checkpoint(path))


@pytest.mark.parametrize("new", [True, False])
def test_code_in_a_checkpoint_does_not_run(tmp_path: Path, new: bool) -> None:
    saved = {"state_dict": STATE, "optimizer": Trap(tmp_path / "sprung")}
    torch.save(saved, tmp_path / "state.pt", _use_new_zipfile_serialization=new)

    with pytest.raises(RefusedCheckpoint, match=r"asks for 'posix\.mkdir'"):
        read_checkpoint(tmp_path / "state.pt")

    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("new", [True, False])
def test_the_same_checkpoint_runs_its_code_where_torch_loads_it(tmp_path: Path, new: bool) -> None:
    saved = {"state_dict": STATE, "optimizer": Trap(tmp_path / "sprung")}
    torch.save(saved, tmp_path / "state.pt", _use_new_zipfile_serialization=new)

    torch.load(tmp_path / "state.pt", weights_only=False)

    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kept", [0, 1, 10, 40, 200, -1, -9])
@pytest.mark.parametrize("new", [True, False])
def test_a_truncated_file_is_refused(tmp_path: Path, new: bool, kept: int) -> None:
    torch.save(STATE, tmp_path / "state.pt", _use_new_zipfile_serialization=new)
    path = written(tmp_path / "cut.pt", (tmp_path / "state.pt").read_bytes()[:kept])

    with pytest.raises(RefusedCheckpoint):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no pickle that can be read"),
        (b"\x89HDF\r\n\x1a\n", "no pickle that can be read"),
        (pickle.dumps(1) + pickle.dumps(2), "none that torch.save wrote"),
        (
            old_container(STATE).replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89"),
            "not written by a little-endian machine",
        ),
        (b"PK\x03\x04 and then nothing", "no zip archive that can be read"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(RefusedCheckpoint, match=sentence):
        read_checkpoint(written(tmp_path / "odd.pt", content))


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"a__version": b"3"}, "0 files data.pkl in the zip archive"),
        ({"a__data.pkl": b"N.", "b__data.pkl": b"N."}, "2 files data.pkl"),
        ({"a__data.pkl": b"N.", "a__byteorder": b"big"}, "little-endian"),
    ],
)
def test_a_zip_archive_of_something_else_is_refused(
    tmp_path: Path, entries: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(RefusedCheckpoint, match=sentence):
        read_checkpoint(zipped(tmp_path / "odd.pt", **entries))


def test_a_zip_archive_that_grows_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"N." + bytes(1_000_000))

    with pytest.raises(RefusedCheckpoint, match="grows when read"):
        read_checkpoint(tmp_path / "bomb.pt")


def test_a_storage_that_is_not_there_is_named(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "state.pt")
    with zipfile.ZipFile(tmp_path / "state.pt") as archive:
        content = archive.read("state/data.pkl")

    with pytest.raises(RefusedCheckpoint, match="storage '0' is missing"):
        read_checkpoint(
            zipped(tmp_path / "less.pt", state__data=b"", **{"state__data.pkl": content})
        )


def test_a_storage_shorter_than_told_is_refused(tmp_path: Path) -> None:
    content = old_container({"a": torch.arange(6.0)})

    with pytest.raises(RefusedCheckpoint, match="has 6 numbers: 5 are in the file"):
        read_checkpoint(written(tmp_path / "cut.pt", content[:-1]))


def test_numbers_of_another_kind_are_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2, dtype=torch.complex64)}, tmp_path / "state.pt")

    with pytest.raises(RefusedCheckpoint, match="a 'ComplexFloatStorage': one of DoubleStorage"):
        read_checkpoint(tmp_path / "state.pt")


@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4))
@pytest.mark.parametrize("new", [True, False])
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, new: bool, places: list[tuple[float, int]]
) -> None:
    stream = io.BytesIO()
    torch.save(nn.BatchNorm2d(2), stream, _use_new_zipfile_serialization=new)
    content = bytearray(stream.getvalue())
    for place, value in places:
        content[int(place * (len(content) - 1))] = value

    path = written(tmp_path_factory.getbasetemp() / "damaged.pt", bytes(content))
    with contextlib.suppress(RefusedCheckpoint):
        views_of(read_checkpoint(path).value)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "large.pt").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)

    with pytest.raises(RefusedCheckpoint, match="536870913 bytes: at most 536870912"):
        read_checkpoint(tmp_path / "large.pt")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedCheckpoint, match="No such file"):
        read_checkpoint(tmp_path / "none.pt")
