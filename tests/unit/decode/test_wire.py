import fcntl
import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.content import MAX_FILE_BYTES, Content
from triage.decode.film import film_in
from triage.decode.grayscale import grayscale
from triage.decode.resample import area
from triage.decode.wire import mapped, packed, shared, unpacked
from triage.domain.film import Film, View
from triage.domain.origin import Origin, Sex


def made(dataset: Dataset) -> Film:
    display, notes = grayscale(dataset, GRADIENT, signed=False)
    origin = Origin("ACME X1", Sex.FEMALE, "60-79")
    spacing_mm = (0.1, 0.2)
    return Film(
        GRADIENT, display, area, spacing_mm=spacing_mm, view=View.AP, notes=notes, origin=origin
    )


def carried(value: Film) -> object:
    arrays: list[NDArray[np.generic]] = []
    said = json.dumps(packed(value, arrays))
    memory, places = shared(arrays)
    seen = mapped(memory, json.loads(json.dumps(places)))
    os.close(memory)
    return unpacked(json.loads(said), seen)


def lut(keyword: str) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [4096, 0, 12]
    item.LUTData = np.arange(4095, -1, -1, dtype="<u2").tobytes()
    dataset = film()
    setattr(dataset, keyword, [item])
    return dataset


@pytest.mark.parametrize(
    "dataset",
    [
        film(WindowCenter="2048", WindowWidth="1000"),
        film(
            WindowCenter="2048",
            WindowWidth="1000",
            VOILUTFunction="SIGMOID",
            RescaleSlope="2",
            RescaleIntercept="-7",
        ),
        film(WindowCenter="1", WindowWidth="0", PhotometricInterpretation="MONOCHROME1"),
        lut("ModalityLUTSequence"),
        lut("VOILUTSequence"),
    ],
    ids=["window", "sigmoid", "histogram", "modality LUT", "VOI LUT"],
)
def test_a_film_looks_the_same_on_the_other_side(dataset: Dataset) -> None:
    sent = made(dataset)

    came = carried(sent)

    assert isinstance(came, Film)
    assert (came.spacing_mm, came.view, came.notes) == (sent.spacing_mm, sent.view, sent.notes)
    assert came.origin == sent.origin
    assert np.array_equal(came.stored, sent.stored)
    assert np.array_equal(came.render(), sent.render())
    assert np.array_equal(came.render((7, 9)), sent.render((7, 9)))


def test_what_came_cannot_be_written() -> None:
    came = carried(made(film()))

    assert isinstance(came, Film)
    with pytest.raises(ValueError, match="read-only"):
        came.stored[0, 0] = 1


def test_memory_that_its_owner_could_take_away_is_not_looked_at() -> None:
    memory = os.memfd_create("film", os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, 4096)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)

    with pytest.raises(ValueError, match="seals"):
        mapped(memory, [{"begin": 0, "dtype": "uint8", "shape": [4096]}])

    os.close(memory)


@pytest.mark.parametrize(
    "place",
    [
        {"begin": 0, "dtype": "object", "shape": [1]},
        {"begin": 0, "dtype": "uint8", "shape": [4097]},
        {"begin": 9999, "dtype": "uint8", "shape": [1]},
        {"begin": "0", "dtype": "uint8", "shape": [1]},
        {"begin": 0, "dtype": "uint8", "shape": [-1, -1]},
    ],
)
def test_a_place_outside_of_the_memory_is_refused(place: dict[str, object]) -> None:
    memory, _ = shared([np.zeros(4096, np.uint8)])

    with pytest.raises(ValueError, match=r"."):
        mapped(memory, [place])

    os.close(memory)


@pytest.mark.parametrize(
    "said", [{"class": "Path"}, {"class": "Rescale", "a": 1}, {"array": 3}, {"class": "View"}, {}]
)
def test_nothing_but_parts_of_films_is_made(said: object) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        unpacked(said, [])


def test_what_lies_in_the_file_is_read_from_it(tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")

    with path.open("rb") as file:
        content = Content(file)
        stored = film_in(content, minimum_age_years=18).stored
        memory, places = shared([stored, GRADIENT[1:]], content)
        size = os.fstat(memory).st_size
        one, other = mapped(memory, places, file)
    os.close(memory)

    assert size == GRADIENT[1:].nbytes
    assert np.array_equal(one, GRADIENT)
    assert np.array_equal(other, GRADIENT[1:])
    assert not one.flags.writeable


@pytest.mark.parametrize(
    "place",
    [
        {"file": 0, "dtype": "object", "shape": [1]},
        {"file": 0, "dtype": "uint16", "shape": [6]},
        {"file": 1, "dtype": "uint8", "shape": [10]},
        {"file": 9999, "dtype": "uint8", "shape": [1]},
        {"file": -1, "dtype": "uint8", "shape": [1]},
        {"file": 0, "dtype": "uint8", "shape": [-1, -1]},
        {"file": "0", "dtype": "uint8", "shape": [1]},
    ],
)
def test_a_place_outside_of_the_file_is_refused(tmp_path: Path, place: dict[str, object]) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    memory, _ = shared([])

    with (tmp_path / "file").open("rb") as file, pytest.raises(ValueError, match="array"):
        mapped(memory, [place], file)

    os.close(memory)


def test_no_more_is_read_than_the_largest_film_has(tmp_path: Path) -> None:
    memory, _ = shared([])
    with (tmp_path / "file").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # a hole, which takes no place
    whole = {"file": 0, "dtype": "uint8", "shape": [MAX_FILE_BYTES + 1]}

    with (tmp_path / "file").open("rb") as file, pytest.raises(ValueError, match="within"):
        mapped(memory, [whole], file)

    os.close(memory)


def test_without_a_file_nothing_lies_in_it() -> None:
    memory, _ = shared([])

    with pytest.raises(LookupError):
        mapped(memory, [{"file": 0, "dtype": "uint8", "shape": [1]}])

    os.close(memory)
