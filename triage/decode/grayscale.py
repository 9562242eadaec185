"""How a reader sees stored values: Modality LUT, VOI LUT, Presentation LUT, in this order.

The grayscale transformations of PS3.3 C.11 as one function of a value, so that it can be
applied to a film of any size, also after averaging.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from triage.decode import tags
from triage.decode.histogram import sampled, spread
from triage.decode.lut import Table, table
from triage.decode.window import LEAST, MOST, Function, Window, ramp

Step = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Maps ``float32`` of any shape to ``float32`` of the same shape."""

_WORD = 65536
_MOST_SLOPES = 2**24
"""An intercept of more slopes makes neighbouring stored values one in float32."""

_LEAST_GRAYS = 1 / 16
"""A window that shows the film in fewer parts of the gray scale than this hides it."""


@dataclass(frozen=True, slots=True)
class Rescale:
    """(0028,1053) *Rescale Slope* and (0028,1052) *Rescale Intercept* (PS3.3 C.11.1).

    Args:
        slope: its size within ``LEAST`` and ``MOST``.
        intercept: at most ``_MOST_SLOPES`` slopes.

    Raises:
        ValueError: the numbers are beyond what float32 can say of a film.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if math.isnan(self.slope) or math.isnan(self.intercept):
            raise ValueError("not a number")
        if not LEAST <= abs(self.slope) <= MOST:
            raise ValueError(f"slope {self.slope:g}: {LEAST:g} to {MOST:g} in size is followed")
        if abs(self.intercept) > _MOST_SLOPES * abs(self.slope):
            raise ValueError(
                f"intercept {self.intercept:g}: at most {_MOST_SLOPES} slopes of {self.slope:g}"
            )

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map stored values of any shape to modality units."""
        if (self.slope, self.intercept) == (1.0, 0.0):
            return values
        return values * np.float32(self.slope) + np.float32(self.intercept)


@dataclass(frozen=True, slots=True)
class Range:
    """The histogram default: from black at ``low`` to white at ``high``, in modality units."""

    low: float
    high: float

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map modality values of any shape to [0, 1]; a film of one value is gray."""
        if self.high <= self.low:
            return np.full_like(values, 0.5)
        return ramp(values, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Shown:
    """A VOI LUT whose entries are scaled to [0, 1] by their bits (PS3.3 C.11.2.1.1)."""

    table: Table

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map modality values of any shape to [0, 1]."""
        return self.table(values) / np.float32(2**self.table.bits - 1)


@dataclass(frozen=True, slots=True)
class Display:
    """The display function of one film.

    Args:
        modality: stored values to modality units.
        voi: modality units to [0, 1].
        inverted: the lowest value is shown white.
    """

    modality: Step
    voi: Step
    inverted: bool

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map ``float32`` stored values of any shape to ``float32`` within [0, 1], 1 is white."""
        shown = self.voi(self.modality(values))
        return np.subtract(np.float32(1), shown) if self.inverted else shown


def grayscale(
    dataset: Dataset, stored: NDArray[np.generic], *, signed: bool
) -> tuple[Display, tuple[str, ...]]:
    """Make the display function that the header asks for.

    Args:
        dataset: the film's header.
        stored: (rows, columns), its stored values, for the histogram and to see whether
            the header's window shows them.
        signed: stored values are signed.

    Returns:
        The function, and notes on what in the header was not followed.
    """
    modality, first_note = _modality(dataset, signed=signed)
    values = modality(sampled(stored, _padding(dataset, signed=signed)))
    voi, second_note = (_without_units if first_note else _voi)(dataset, values)
    inverted, third_note = _inverted(dataset)
    notes = (first_note or _assumed(dataset), second_note, third_note)
    return Display(modality, voi, inverted), tuple(note for note in notes if note)


def _modality(dataset: Dataset, *, signed: bool) -> tuple[Step, str]:
    """Read the Modality LUT module: a table, else slope and intercept (PS3.3 C.11.1).

    With a note the units are unknown; of a slope that is not followed the sign still holds.
    """
    for item in tags.items(dataset, "ModalityLUTSequence"):
        found = table(item, signed=signed, little_endian=_is_little(dataset))
        return (found, "") if found else (Rescale(), "modality LUT ignored: unreadable")
    slope, intercept = (tags.first(dataset, f"Rescale{part}") for part in ("Slope", "Intercept"))
    slope, intercept = 1.0 if slope is None else slope, intercept or 0.0
    try:
        return Rescale(slope, intercept), ""
    except ValueError as error:
        return Rescale(-1.0 if slope < 0 else 1.0), f"rescale ignored: {error}"


def _assumed(dataset: Dataset) -> str:
    """Note the half of a rescale that the header does not tell, though each needs the other."""
    halves = {"Slope": 1, "Intercept": 0}
    absent = [half for half in halves if tags.first(dataset, f"Rescale{half}") is None]
    if len(absent) != 1 or tags.items(dataset, "ModalityLUTSequence"):
        return ""
    return f"rescale {absent[0].lower()} absent: {halves[absent[0]]} assumed"


def _without_units(dataset: Dataset, values: NDArray[np.float32]) -> tuple[Range, str]:
    """Show by the histogram: windows and tables speak of modality units that nobody can make."""
    window = (tags.first(dataset, f"Window{part}") for part in ("Center", "Width"))
    is_told = any(end is not None for end in window) or tags.items(dataset, "VOILUTSequence")
    note = "VOI LUT ignored: its modality units are unknown" if is_told else ""
    return Range(*spread(values)), note


def _voi(dataset: Dataset, values: NDArray[np.float32]) -> tuple[Step, str]:
    """Read the VOI LUT module: the first table, else the first window, else the histogram.

    A window that hides the film is not followed: a network fed with black finds nothing,
    and nothing found reads like health.
    """
    step, note = _voi_table(dataset, values)
    if step is None and not note:
        step, note = _window(dataset)
    if step is not None and _hides(step, values):
        step, note = None, "VOI LUT ignored: it hides the film"
    return step or Range(*spread(values)), note


def _voi_table(dataset: Dataset, values: NDArray[np.float32]) -> tuple[Step | None, str]:
    """Read the first item of the VOI LUT Sequence, scaled to [0, 1]."""
    for item in tags.items(dataset, "VOILUTSequence"):
        found = table(item, signed=_maps_signed(item, values), little_endian=_is_little(dataset))
        return (Shown(found), "") if found else (None, "VOI LUT ignored: unreadable")
    return None, ""


def _maps_signed(item: Dataset, values: NDArray[np.float32]) -> bool:
    """Say whether the inputs of a VOI LUT are signed (PS3.3 C.11.2.1.1).

    They are where values are negative. Where none is, a first input that was read as negative
    is so unless values reach where it would lie as an unsigned one.
    """
    is_told = any(number < 0 for number in tags.numbers(item, "LUTDescriptor")[1:2])
    return bool(values.min() < 0 or (is_told and values.max() < _WORD // 2))


def _window(dataset: Dataset) -> tuple[Step | None, str]:
    """Read the first window; several are alternatives, the first is the default view."""
    center, width = (tags.first(dataset, f"Window{part}") for part in ("Center", "Width"))
    if center is None and width is None:
        return None, ""
    if center is None or width is None:
        return None, "window ignored: incomplete"
    if math.isnan(center) or math.isnan(width):
        return None, "window ignored: not a number"
    named = tags.code(dataset, "VOILUTFunction")
    is_known = named in Function.__members__
    try:
        window = Window(center, width, Function(named) if is_known else Function.LINEAR)
    except ValueError as error:
        return None, f"window ignored: {error}"
    return window, "" if is_known or not named else "VOI LUT function ignored: unknown"


def _hides(step: Step, values: NDArray[np.float32]) -> bool:
    """Say whether nearly all of a film that has contrast is shown in nearly one gray."""
    low, high = spread(values)
    if low == high:
        return False
    dark, bright = spread(step(values))
    return bright - dark < _LEAST_GRAYS


def _inverted(dataset: Dataset) -> tuple[bool, str]:
    """Say whether low values are white: once, however many attributes say so.

    A DX object with MONOCHROME1 has *Presentation LUT Shape* INVERSE as well; both state
    the same fact (PS3.3 C.8.11.3.1.2). Where they contradict each other the shape holds, for
    it alone defines the output (C.11.6.1.2), and DCMTK shows it so; the film is noted.
    """
    by_photometric = tags.code(dataset, "PhotometricInterpretation") == "MONOCHROME1"
    shape = tags.code(dataset, "PresentationLUTShape")
    if shape not in {"", "IDENTITY", "INVERSE"}:
        return by_photometric, "presentation LUT shape ignored: unknown"
    if not shape or by_photometric == (shape == "INVERSE"):
        return by_photometric, ""
    note = "presentation LUT shape contradicts photometric interpretation"
    return shape == "INVERSE", note


def _padding(dataset: Dataset, *, signed: bool) -> tuple[float, float] | None:
    """Read (0028,0120) *Pixel Padding Value* and its *Range Limit*, in stored values."""
    named = (tags.number(dataset, f"PixelPadding{end}") for end in ("Value", "RangeLimit"))
    ends = [_as_stored(end, signed=signed) for end in named if end is not None]
    return (min(ends), max(ends)) if ends else None


def _as_stored(number: float, *, signed: bool) -> float:
    """Read a number of VR US or SS with the sign of the pixels, whichever VR was written."""
    word = int(number) % _WORD
    return float(word - _WORD if signed and word >= _WORD // 2 else word)


def _is_little(dataset: Dataset) -> bool:
    """Say in which byte order the data set was read; little endian is the rule."""
    return dataset.original_encoding[1] is not False
