"""The low-pass band of the reversible 5/3 wavelet, without the codec around it.

A codec spends nearly all of its time on the coefficients' bits, which come out of a lossless
codestream as they went in; many films can be measured when only the filter is computed.
"""

import numpy as np
from numpy.typing import NDArray

_NARROW = 12
"""Bits up to which no sum on the way leaves 16; it then takes half the time."""


def low_pass(values: NDArray[np.generic], levels: int, *, bits: int) -> NDArray[np.generic]:
    """Reduce a film as a decoder of a lossless JPEG 2000 codestream does.

    Args:
        values: (rows, columns), at least 2 x 2 on every level, unsigned.
        levels: how often both sides are halved and rounded up.
        bits: of each value.

    Returns:
        Values of the same type, within the same bits (ISO/IEC 15444-1 F.4.8.1, G.1).
    """
    middle = 2 ** (bits - 1)
    kind = np.int16 if bits <= _NARROW else np.int32
    band = (values.astype(np.int32) - middle).astype(kind)
    for _ in range(levels):
        band = _halved(_halved(band).T).T
    shown = np.clip(band, -middle, middle - 1).astype(np.int32) + middle
    return np.asarray(shown, values.dtype)


def _halved(band: NDArray[np.signedinteger]) -> NDArray[np.signedinteger]:
    """Keep the low-pass half of the rows: one update after one prediction."""
    even, odd = band[::2], band[1::2]
    # What lies outside mirrors what lies inside.
    below = np.concatenate([even[1:], even[-1:]])[: len(odd)]
    detail = odd - ((even[: len(odd)] + below) >> 1)
    before = np.concatenate([detail[:1], detail])[: len(even)]
    behind = np.concatenate([detail, detail[-1:]])[: len(even)]
    return np.asarray(even + ((before + behind + 2) >> 2))
