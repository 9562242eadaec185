"""Size and bit layout of pixel data, checked before anything is decoded."""

from dataclasses import dataclass

from pydicom.datadict import dictionary_description
from pydicom.dataset import Dataset

from triage.decode import tags
from triage.decode.refusal import refused
from triage.domain.assessment import RefusalCode

MAX_PIXELS = 100_000_000
"""Most values in one object: rows x columns x samples x frames; the largest detectors have 20 M."""

_BITS_ALLOCATED = (8, 16)
_LARGEST_SIDE = 65535
_ASSUMED = {"SamplesPerPixel": "1", "HighBit": "Bits Stored - 1", "PixelRepresentation": "0"}


@dataclass(frozen=True, slots=True)
class Geometry:
    """The Image Pixel module's description of the pixel data (PS3.3 C.7.6.3).

    Args:
        rows, columns: at least 1.
        samples: values per pixel.
        frames: at least 1.
        bits_allocated: 8 or 16.
        bits_stored: within [1, ``bits_allocated``].
        high_bit: the most significant stored bit, within [``bits_stored`` - 1,
            ``bits_allocated`` - 1].
        signed: values are two's complement.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool

    @property
    def plain_bytes(self) -> int:
        """Bytes of one frame without compression."""
        return self.rows * self.columns * self.samples * self.bits_allocated // 8


def geometry(dataset: Dataset) -> Geometry:
    """Read the description of the pixel data and hold it against the caps.

    Raises:
        UnassessableFilm: ``UNREADABLE`` where it is incomplete or contradicts itself,
            ``TOO_LARGE`` beyond ``MAX_PIXELS``.
    """
    found = described(dataset)
    _check_size(found)
    _check_bits(found)
    return found


def described(dataset: Dataset) -> Geometry:
    """Read the description of the pixel data as it stands, whatever it says."""
    stored = tags.whole(dataset, "BitsStored", default=0)
    return Geometry(
        rows=_side(dataset, "Rows"),
        columns=_side(dataset, "Columns"),
        samples=tags.whole(dataset, "SamplesPerPixel", default=1),
        frames=tags.whole(dataset, "NumberOfFrames", default=1) or 1,
        bits_allocated=tags.whole(dataset, "BitsAllocated", default=0),
        bits_stored=stored,
        high_bit=tags.whole(dataset, "HighBit", default=stored - 1),
        signed=tags.whole(dataset, "PixelRepresentation", default=0) == 1,
    )


def assumed(dataset: Dataset) -> tuple[str, ...]:
    """Note what ``geometry`` had to assume where the header does not tell (PS3.3 C.7.6.3).

    >>> assumed(Dataset())[0]
    'samples per pixel absent: 1 assumed'
    """
    told = {keyword: tags.number(dataset, keyword) for keyword in _ASSUMED}
    sign = told["PixelRepresentation"]
    unknown = {"PixelRepresentation": "unknown"} if sign and int(sign) not in {0, 1} else {}
    doubts = {keyword: "absent" for keyword, number in told.items() if number is None} | unknown
    return tuple(
        f"{dictionary_description(keyword).lower()} {doubt}: {_ASSUMED[keyword]} assumed"
        for keyword, doubt in doubts.items()
    )


def _side(dataset: Dataset, keyword: str) -> int:
    """Read one number; of several nobody can say which holds."""
    found = tags.numbers(dataset, keyword)
    return int(found[0]) if len(found) == 1 else 0


def check_pixels(pixels: int) -> None:
    """Refuse pictures that nobody's detector makes, before memory is asked for.

    Raises:
        UnassessableFilm: ``TOO_LARGE``.
    """
    if pixels > MAX_PIXELS:
        raise refused(
            RefusalCode.TOO_LARGE, f"The picture has {pixels} values: at most {MAX_PIXELS}."
        )


def _check_size(found: Geometry) -> None:
    """Sides and counts are positive, and their product is decodable."""
    sides = min(found.rows, found.columns), max(found.rows, found.columns)
    if sides[0] < 1 or sides[1] > _LARGEST_SIDE or found.samples < 1 or found.frames < 1:
        raise refused(
            RefusalCode.UNREADABLE,
            f"Rows {found.rows}, Columns {found.columns}, Samples per Pixel {found.samples}, "
            f"Number of Frames {found.frames}: all are at least 1.",
        )
    check_pixels(found.rows * found.columns * found.samples * found.frames)


def _check_bits(found: Geometry) -> None:
    """The stored bits lie within the allocated ones."""
    if found.bits_allocated not in _BITS_ALLOCATED:
        raise refused(
            RefusalCode.UNREADABLE, f"Bits Allocated {found.bits_allocated}: 8 or 16 is read."
        )
    if not 1 <= found.bits_stored <= found.high_bit + 1 <= found.bits_allocated:
        raise refused(
            RefusalCode.UNREADABLE,
            f"Bits Stored {found.bits_stored}, High Bit {found.high_bit} "
            f"do not fit into Bits Allocated {found.bits_allocated}.",
        )
