import numpy as np
import pytest
from pydicom.dataset import Dataset

from triage.decode.lut import Table, table

WORDS = [0, 10, 20, 30]


def test_entries_are_exact_and_between_them_lies_a_line() -> None:
    found = Table(first=100, entries=np.array(WORDS, np.float32), bits=8)

    assert found(np.array([100, 101, 101.5, 103], np.float32)).tolist() == [0, 10, 15, 30]


def test_values_outside_take_the_nearest_entry() -> None:
    found = Table(first=100, entries=np.array(WORDS, np.float32), bits=8)

    assert found(np.array([[-5, 99], [104, 65535]], np.float32)).tolist() == [[0, 0], [30, 30]]


@pytest.mark.parametrize(
    ("data", "little"),
    [
        (WORDS, True),
        (np.array(WORDS, "<u2").tobytes(), True),
        (np.array(WORDS, ">u2").tobytes(), False),
        (bytes(WORDS), True),
        (bytes([10, 0, 30, 20]), False),
    ],
)
def test_data_are_words_in_either_order_or_bytes(data: object, *, little: bool) -> None:
    found = table(_item([4, 0, 8], data), signed=False, little_endian=little)

    assert found is not None
    assert found.entries.tolist() == WORDS


@pytest.mark.parametrize(("signed", "first"), [(True, -32768), (False, 32768)])
def test_the_first_input_is_signed_like_the_values(*, signed: bool, first: int) -> None:
    found = table(_item([4, 32768, 8], WORDS), signed=signed, little_endian=True)

    assert found is not None
    assert found.first == first


def test_no_count_means_65536_entries() -> None:
    found = table(_item([0, 0, 16], bytes(131072)), signed=False, little_endian=True)

    assert found is not None
    assert found.entries.size == 65536


@pytest.mark.parametrize(
    ("descriptor", "data"),
    [
        ([4, 0], WORDS),
        ([4, 0, 17], WORDS),
        ([4, 0, 0], WORDS),
        ([5, 0, 8], WORDS),
        ([4, 0, 8], b""),
    ],
)
def test_descriptor_and_data_must_belong_together(descriptor: list[int], data: object) -> None:
    assert table(_item(descriptor, data), signed=False, little_endian=True) is None


def test_entries_above_their_announced_bits_are_believed() -> None:
    found = table(_item([4, 0, 8], [0, 1, 2, 1023]), signed=False, little_endian=True)

    assert found is not None
    assert found.bits == 10


def _item(descriptor: list[int], data: object) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", "OW" if isinstance(data, bytes) else "US", data)
    return item
