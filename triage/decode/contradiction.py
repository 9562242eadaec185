"""Where the header's description of the pixels and the pixels themselves disagree.

What changes the picture is refused, what does not is noted; nothing is corrected in silence.
"""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from triage.decode import codestream
from triage.decode.geometry import Geometry
from triage.decode.refusal import refused
from triage.domain.assessment import RefusalCode

_LEAST_UNUSED = 2
"""A film that leaves one bit unused was exposed less; two are the mark of a wrong tag."""

_SOME = 16
"""Every so many rows are asked first."""

_OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
_OVERLAY_BIT_POSITION = 0x0102
_OVERLAY_DATA = 0x3000


def fits(layout: Geometry, words: NDArray[np.generic]) -> bool:
    """Say whether all values are within the stored bits, their sign repeated or not.

    Args:
        layout: the header's description of the pixels.
        words: any shape, 8 or 16 bits, as decompressed, before anything is removed.
    """
    bits = layout.bits_stored
    if layout.high_bit + 1 != bits:
        return False
    if bits == layout.bits_allocated or int(_unsigned(words).max()) < 2**bits:
        return True
    if not layout.signed:
        return False
    signed = words.view(f"i{words.itemsize}")
    least, most = int(signed.min()), int(signed.max())
    return bool(-(2 ** (bits - 1)) <= least and most < 2 ** (bits - 1))


def unused_bits(dataset: Dataset, layout: Geometry, words: NDArray[np.generic]) -> tuple[str, ...]:
    """Hold the bits of words that do not fit against *Bits Stored* and *High Bit* (PS3.5 8.1.1).

    Nothing may be assumed of unused bits: zeros, the repeated sign, one filling for all pixels
    and a declared overlay plane are met. What varies from pixel to pixel beside the stored
    bits is content that the header denies, and without it another picture is shown.

    Args:
        dataset: the film's header.
        layout: its description of the pixels.
        words: as for ``fits``, which denied them.

    Returns:
        A note where unused bits are set.

    Raises:
        UnassessableFilm: ``CONTRADICTION`` where values need bits beyond the stored ones.
    """
    below = layout.high_bit + 1 - layout.bits_stored
    declared = _overlay_bits(dataset)
    beside = ~((2**layout.bits_stored - 1) << below | declared)
    some, each = _bits_of(_without_sign(words, layout))
    if some & ~each & beside:
        raise refused(
            RefusalCode.CONTRADICTION,
            f"The pixels use bits beside the {layout.bits_stored} bits stored "
            f"below high bit {layout.high_bit}.",
        )
    return ("unused bits are set",) if each & beside else ()


def unused_range(layout: Geometry, stored: NDArray[np.generic]) -> tuple[str, ...]:
    """Note a film whose values leave the upper bits of *Bits Stored* empty.

    Args:
        layout: the header's description of the pixels.
        stored: (rows, columns), stored values.
    """
    used = 0
    for part in (stored[::_SOME], stored):  # most films show in some rows that they use all bits
        used = _bits_used(part) + int(layout.signed)
        if used + _LEAST_UNUSED > layout.bits_stored:
            return ()
    return (f"values use {used} of {layout.bits_stored} bits stored",)


def components(frame: bytes, layout: Geometry) -> None:
    """Refuse a compressed picture that has not as many components as samples are told.

    Codecs interleave three components, and cut off what one sample per pixel leaves over.

    Raises:
        UnassessableFilm: ``CONTRADICTION``.
    """
    found = codestream.precision(frame)
    if found is not None and found.components != layout.samples:
        raise refused(
            RefusalCode.CONTRADICTION,
            f"The compressed picture has {found.components} components, "
            f"Samples per Pixel is {layout.samples}.",
        )


def stream(frame: bytes, layout: Geometry, words: NDArray[np.generic]) -> tuple[str, ...]:
    """Hold the precision and the sign of a compressed picture against the header.

    Args:
        frame: the codestream.
        layout: the header's description of the pixels.
        words: any shape, its decompressed values with the sign that the header tells.

    Returns:
        Notes on what differs and changes no value.

    Raises:
        UnassessableFilm: ``CONTRADICTION`` where the values do not fit into *Bits Allocated*,
            or would be others with the sign that the codestream tells.
    """
    found = codestream.precision(frame)
    if found is None:
        return ()
    if found.bits > layout.bits_allocated:
        raise refused(
            RefusalCode.CONTRADICTION,
            f"The compressed picture has {found.bits} bits, "
            f"Bits Allocated is {layout.bits_allocated}.",
        )
    notes = []
    # Most encoders of lossless syntaxes take all allocated bits for the precision.
    if found.bits not in {layout.bits_stored, layout.bits_allocated}:
        notes.append(f"compressed picture has {found.bits} bits, {layout.bits_stored} stored")
    if found.signed not in {None, layout.signed}:
        _check_sign(layout, words, found.bits)
        notes.append("compressed picture contradicts pixel representation")
    return tuple(notes)


def _check_sign(layout: Geometry, words: NDArray[np.generic], bits: int) -> None:
    """Refuse values whose uppermost bit is a sign to one and a quantity to the other."""
    doubtful = int(words.min()) < 0 if layout.signed else int(words.max()) >= 2 ** (bits - 1)
    if doubtful:
        says, other = ("signed", "unsigned") if layout.signed else ("unsigned", "signed")
        raise refused(
            RefusalCode.CONTRADICTION,
            f"Pixel Representation is {says}, the compressed picture is {other}.",
        )


def _bits_used(stored: NDArray[np.generic]) -> int:
    """Count the bits that the values need, without their sign."""
    least = int(stored.min()) if stored.dtype.kind == "i" else 0
    return max(int(stored.max()).bit_length(), (~least).bit_length() if least < 0 else 0)


def _unsigned(words: NDArray[np.generic]) -> NDArray[np.unsignedinteger]:
    return words.view(f"u{words.itemsize}")


def _without_sign(words: NDArray[np.generic], layout: Geometry) -> NDArray[np.unsignedinteger]:
    """Clear the bits above *High Bit* where they do nothing but repeat the sign."""
    plain = _unsigned(words)
    above = layout.bits_allocated - layout.high_bit - 1
    if not layout.signed or above == 0:
        return plain
    signed = plain.astype(np.int32) << 32 - layout.bits_allocated
    trimmed = signed << above
    repeated = bool((trimmed >> above == signed).all())
    return plain & plain.dtype.type(2 ** (layout.high_bit + 1) - 1) if repeated else plain


def _bits_of(words: NDArray[np.unsignedinteger]) -> tuple[int, int]:
    """Return the bits that some word has, and those that each has."""
    some, each = (
        reduce(words, axis=None) for reduce in (np.bitwise_or.reduce, np.bitwise_and.reduce)
    )
    return int(some), int(each)


def _overlay_bits(dataset: Dataset) -> int:
    """Return the bits that overlay planes inside the pixels occupy (PS3.3 C.9.2, retired).

    A plane with (60xx,3000) *Overlay Data* of its own occupies none.
    """
    bits = 0
    for group in _OVERLAY_GROUPS:
        position = dataset.get((group, _OVERLAY_BIT_POSITION))
        if position is not None and (group, _OVERLAY_DATA) not in dataset:
            bits |= 1 << (int(position.value) & 0x0F)
    return bits
