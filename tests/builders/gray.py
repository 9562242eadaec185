"""Small gray films made to a recipe, so that one header attribute is looked at at a time."""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.unit.decode.headers import film

ROWS, COLUMNS = 48, 64
_WORD = 65536


@dataclass(frozen=True, slots=True)
class Lut:
    """An item of the Modality or VOI LUT Sequence: a rising curve.

    Args:
        first: the first input value that is mapped.
        count: number of entries, at most 65536.
        bits: significant bits of the entries.
        stored: ``US`` or ``OW`` words, or ``bytes`` of old objects.
    """

    first: int
    count: int
    bits: int
    stored: str = "US"

    def item(self) -> Dataset:
        """Encode it as a sequence item (PS3.3 C.11.1.1, C.11.2.1.1)."""
        item = Dataset()
        vr = "SS" if self.first < 0 else "US"
        count = self.count % _WORD if vr == "US" else (self.count + _WORD // 2) % _WORD - _WORD // 2
        item.add_new("LUTDescriptor", vr, [count, self.first, self.bits])
        if self.stored == "US":
            item.add_new("LUTData", "US", entries(self).tolist())
        else:
            kind = "u1" if self.stored == "bytes" else "<u2"
            item.add_new("LUTData", "OW", entries(self).astype(kind).tobytes())
        return item


@cache
def entries(lut: Lut) -> NDArray[np.int64]:
    """(count,), rising from 0 to the largest of its bits, steep where it is dark."""
    rising = np.linspace(0, 1, lut.count) ** 0.6
    return np.asarray(np.rint(rising * (2**lut.bits - 1)), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What stands in the header of one film; its values are a ramp over all bits stored.

    Args:
        bits: bits stored, within [8, 16].
        signed: values are two's complement, half of them negative.
        high_bit: the most significant stored bit; ``bits`` - 1 where absent.
        photometric: MONOCHROME1 or MONOCHROME2.
        shape: *Presentation LUT Shape*, or nothing.
        rescale: slope and intercept, or nothing.
        modality: the Modality LUT, or nothing.
        windows: center and width of each window.
        function: *VOI LUT Function*, or nothing.
        voi: the VOI LUT, or nothing.
        padding: *Pixel Padding Value* of the first eight rows, or nothing.
        syntax: the command that transcodes the file, without its file names.
        positive: no value is negative, also where they are signed.
    """

    bits: int = 12
    signed: bool = False
    high_bit: int | None = None
    photometric: str = "MONOCHROME2"
    shape: str | None = None
    rescale: tuple[float, float] | None = None
    modality: Lut | None = None
    windows: tuple[tuple[float, float], ...] = ()
    function: str | None = None
    voi: Lut | None = None
    padding: int | None = None
    syntax: tuple[str, ...] = ()
    positive: bool = False

    def __str__(self) -> str:
        """Name what differs from the plainest film."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {field.name: field.default for field in fields(self)}
        return " ".join(f"{name}={told[name]}" for name in told if told[name] != plain[name])

    @property
    def least(self) -> int:
        """The lowest stored value."""
        return -(2 ** (self.bits - 1)) if self.signed else 0

    def values(self) -> NDArray[np.int64]:
        """(48, 64), every row rises; together they hold 3,072 values from lowest to highest."""
        begin = -self.least if self.positive else 0
        ramp = np.linspace(begin, 2**self.bits - 1, ROWS * COLUMNS).astype(np.int64) + self.least
        values = ramp.reshape(COLUMNS, ROWS).T.copy()
        if self.padding is not None:
            values[:8] = self.padding
        return values

    def dataset(self) -> Dataset:
        """The film; 8 bits are stored in bytes, more in words."""
        high_bit = self.bits - 1 if self.high_bit is None else self.high_bit
        words = self.values() << (high_bit + 1 - self.bits)
        kind = f"{'i' if self.signed else 'u'}{1 if high_bit < 8 else 2}"
        changes = {name: value for name, value in self._elements().items() if value is not None}
        dataset = film(words.astype(kind), BitsStored=self.bits, **changes)
        dataset.HighBit = high_bit
        return dataset

    def _elements(self) -> dict[str, object]:
        slope, intercept = self.rescale or (None, None)
        return {
            "PhotometricInterpretation": self.photometric,
            "PresentationLUTShape": self.shape,
            "RescaleSlope": None if slope is None else str(slope),
            "RescaleIntercept": None if intercept is None else str(intercept),
            "ModalityLUTSequence": Sequence([self.modality.item()]) if self.modality else None,
            "WindowCenter": [str(center) for center, _ in self.windows] or None,
            "WindowWidth": [str(width) for _, width in self.windows] or None,
            "VOILUTFunction": self.function,
            "VOILUTSequence": Sequence([self.voi.item()]) if self.voi else None,
            "PixelPaddingValue": self.padding,
        }
