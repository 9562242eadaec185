"""Lookup tables of the Modality LUT and VOI LUT modules (PS3.3 C.11.1, C.11.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from triage.decode import tags

_DESCRIPTOR_LENGTH = 3
_WORD = 65536
_MOST_BITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A lookup table that is exact at its entries and linear between them.

    Args:
        first: the input value of the first entry.
        entries: ``float32`` (n,), n at least 1, within [0, 2 ** bits - 1].
        bits: significant bits of the entries.
    """

    first: int
    entries: NDArray[np.float32]
    bits: int

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Look up values of any shape; what lies outside takes the nearest entry."""
        inputs = self.first + np.arange(self.entries.size, dtype=np.float64)
        return np.interp(values, inputs, self.entries).astype(np.float32)


def table(item: Dataset, *, signed: bool, little_endian: bool) -> Table | None:
    """Read (0028,3002) *LUT Descriptor* and (0028,3006) *LUT Data*.

    Args:
        item: an item of the Modality or VOI LUT Sequence.
        signed: the table's inputs are signed, so its first input may be (C.11.1.1).
        little_endian: byte order of tables stored as OW.

    Returns:
        The table, or ``None`` where descriptor and data do not belong together.
    """
    descriptor = [int(number) for number in tags.numbers(item, "LUTDescriptor")]
    if len(descriptor) != _DESCRIPTOR_LENGTH or not 1 <= descriptor[2] <= _MOST_BITS:
        return None
    count, first, bits = (descriptor[0] % _WORD) or _WORD, descriptor[1] % _WORD, descriptor[2]
    entries = _entries(item, count, little_endian=little_endian)
    if entries is None:
        return None
    is_negative = signed and first >= _WORD // 2
    return Table(first - _WORD if is_negative else first, entries, _true_bits(entries, bits))


def _entries(item: Dataset, count: int, *, little_endian: bool) -> NDArray[np.float32] | None:
    """Read the entries, which are words, or bytes in old objects (C.11.1.1.1)."""
    data = tags.value(item, "LUTData")
    if not isinstance(data, bytes):
        words = np.array(tags.numbers(item, "LUTData"), dtype=np.float64) // 1 % _WORD
        return words.astype(np.float32) if words.size == count else None
    order = "<u2" if little_endian else ">u2"
    if len(data) in {count, count + 1} and count > 1:
        # Two bytes to a word, whose order is the words' (PS3.5 8.1.1); the first is the lower.
        is_in_words = item["LUTData"].VR == "OW" and len(data) % 2 == 0
        pairs = np.frombuffer(data, order).astype("<u2").tobytes() if is_in_words else data
        return np.frombuffer(pairs, np.uint8, count).astype(np.float32)
    if len(data) < 2 * count:
        return None
    return np.frombuffer(data, order, count).astype(np.float32)


def _true_bits(entries: NDArray[np.float32], bits: int) -> int:
    """Believe entries that exceed the bits their descriptor announces."""
    return max(bits, int(entries.max()).bit_length())
