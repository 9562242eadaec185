"""One picture under many headers: what a reader sees is the same, what is stored is not."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.unit.decode.headers import film

BITS = 12
TOP = 2**BITS - 1


@dataclass(frozen=True)
class Shown:
    """A picture of 12 bits, ``uint16`` (rows, columns), and the window that shows it.

    Without a window the film and its twins leave the choice to who shows them.
    """

    values: NDArray[np.uint16]
    center: float = 2048
    width: float = 4096
    has_window: bool = True

    def dataset(self, values: NDArray[np.generic] | None = None, **changes: object) -> Dataset:
        """Make a film with this window, of other values and another header if told."""
        header: dict[str, object] = {"WindowCenter": f"{self.center:.6g}"}
        header |= {"WindowWidth": f"{self.width:.6g}"} | changes
        if not self.has_window:
            header |= {"WindowCenter": None, "WindowWidth": None}
        return film(self.values if values is None else values, **header)


def negative(shown: Shown) -> Dataset:
    """Stored the other way round, as MONOCHROME1, and the window turned with it."""
    values = (TOP - shown.values).astype(np.uint16)
    # LINEAR takes its ends from C - 0.5, so that the mirrored center is one value higher.
    center = f"{TOP + 1 - shown.center:.6g}"
    return shown.dataset(values, PhotometricInterpretation="MONOCHROME1", WindowCenter=center)


def deeper(shown: Shown, bits: int) -> Dataset:
    """Stored with more bits: values and window are multiplied alike."""
    factor = 2 ** (bits - BITS)
    return shown.dataset(
        (shown.values * factor).astype(np.uint16),
        BitsStored=bits,
        WindowCenter=f"{(shown.center - 0.5) * factor + 0.5:.8g}",
        WindowWidth=f"{(shown.width - 1) * factor + 1:.8g}",
    )


def rescaled(shown: Shown) -> Dataset:
    """In other modality units, with the window in these."""
    slope, intercept = 0.5, -1024.0
    return shown.dataset(
        RescaleSlope=str(slope),
        RescaleIntercept=str(intercept),
        WindowCenter=f"{(shown.center - 0.5) * slope + intercept + 0.5:.8g}",
        WindowWidth=f"{(shown.width - 1) * slope + 1:.8g}",
    )


def signed(shown: Shown) -> Dataset:
    """Stored around zero, the window with it."""
    values = (shown.values.astype(np.int16) - 2048).astype(np.int16)
    return shown.dataset(values, WindowCenter=f"{shown.center - 2048:.6g}")


def compressed(shown: Shown, syntax: str) -> Dataset:
    """Without loss."""
    dataset = shown.dataset()
    dataset.compress(syntax, generate_instance_uid=False)
    return dataset


TWINS: dict[str, Callable[[Shown], Dataset]] = {
    "MONOCHROME1": negative,
    "14 bits": lambda shown: deeper(shown, 14),
    "16 bits": lambda shown: deeper(shown, 16),
    "rescaled": rescaled,
    "signed": signed,
    "JPEG 2000": lambda shown: compressed(shown, JPEG2000Lossless),
    "RLE": lambda shown: compressed(shown, RLELossless),
}
