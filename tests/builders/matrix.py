"""The parity matrix: synthetic films along each axis of the grayscale pipeline."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from tests.builders.gray import Lut, Recipe

LEAST_LINEAR = 512
"""From this width on, LINEAR and LINEAR_EXACT differ by less than half a gray level."""

LEAST_WHOLE = 512
"""From this width on, a modality value rounded to a whole number moves no gray level."""

AS_LINEAR = "DCMTK draws LINEAR_EXACT as LINEAR"
WHOLE_NUMBERS = "DCMTK keeps modality values as whole numbers"
NO_JPEG_2000 = "DCMTK has no JPEG 2000 decoder"
NO_WINDOW = "without a window DCMTK has no histogram default that is the same for inverted twins"
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_TRANSCODERS: tuple[tuple[str, ...], ...] = (
    ("dcmconv", "+te"),
    ("dcmconv", "+ti"),
    ("dcmconv", "+tb"),
    ("dcmconv", "+td"),
    ("dcmconv", "--write-dataset", "+ti"),
    ("dcmcrle",),
    ("dcmcjpeg", "+el"),
    ("dcmcjpeg", "+e1"),
    ("dcmcjpls", "+el"),
    ("gdcmconv", "--rle"),
    ("gdcmconv", "--jpeg"),
    ("gdcmconv", "--jpegls"),
    ("gdcmconv", "--j2k"),
)
_LOSSY_TRANSCODERS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (8, ("dcmcjpeg", "+eb")),
    (8, ("dcmcjpeg", "+ee")),
    (12, ("dcmcjpeg", "+ee")),
    (8, ("dcmcjpls", "+en", "+md", "2")),
    (12, ("dcmcjpls", "+en", "+md", "2")),
    (16, ("dcmcjpls", "+en", "+md", "2")),
    (8, ("gdcmconv", "--jpeg", "--lossy", "-q", "80")),
)
"""Bits stored, and a command that writes JPEG Baseline, JPEG Extended or near-lossless JPEG-LS."""

WITH_LOSS = "transfer syntax, with loss"
"""The axis of films whose values are no longer those of their recipes."""


@dataclass(frozen=True, slots=True)
class Case:
    """One film of the matrix.

    Args:
        axis: what is varied around it.
        recipe: the film.
        options: how dcmj2pnm is asked for the same picture; empty where it cannot be.
        reason: why DCMTK shows something else on purpose; empty where it must not.
    """

    axis: str
    recipe: Recipe
    options: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        """Name the case by its film."""
        return f"{self.axis}: {self.recipe}"


def matrix() -> list[Case]:
    """Name every case, no film twice."""
    axis_of: dict[Recipe, str] = {}
    for axis, make in _AXES.items():
        for recipe in make():
            axis_of.setdefault(recipe, axis)
    return [
        Case(axis, recipe, _options(recipe), _reason(recipe)) for recipe, axis in axis_of.items()
    ]


def _options(recipe: Recipe) -> tuple[str, ...]:
    if recipe.voi:
        return ("+Wl", "1")
    sigmoid = ("+Wfs",) if recipe.function == "SIGMOID" else ()
    return ("+Wi", "1", *sigmoid) if recipe.windows else ()


def _reason(recipe: Recipe) -> str:
    if "--j2k" in recipe.syntax:
        return NO_JPEG_2000
    if not recipe.voi and not recipe.windows:
        return NO_WINDOW
    width = 0.0 if recipe.voi else recipe.windows[0][1]
    if recipe.function == "LINEAR_EXACT" and width < LEAST_LINEAR:
        return AS_LINEAR
    is_whole = all(number == int(number) for number in recipe.rescale or ())
    return "" if is_whole or width >= LEAST_WHOLE else WHOLE_NUMBERS


def _depths() -> Iterator[Recipe]:
    """Bits, sign, photometric interpretation and function, in a window of half the range."""
    signs, photometrics = (False, True), ("MONOCHROME2", "MONOCHROME1")
    for bits, signed, photometric, function in product(
        range(8, 17), signs, photometrics, _FUNCTIONS
    ):
        middle = 0 if signed else 2 ** (bits - 1)
        window = ((middle, 2 ** (bits - 1)),)
        yield Recipe(bits, signed, photometric=photometric, windows=window, function=function)


def _rescales() -> Iterator[Recipe]:
    """Slopes of either sign, whole and fractional, with the window in modality units."""
    lines = ((1, -1024), (2, 5), (-1, 100), (-3, 0), (0.5, 10), (0.25, 3.5), (-0.75, 0.5))
    for bits, signed, (slope, intercept), function in product(
        (8, 12, 14, 16), (False, True), lines, ("LINEAR", "SIGMOID")
    ):
        middle = 0 if signed else 2 ** (bits - 1)
        window = ((slope * middle + intercept, abs(slope) * 2**bits / 2),)
        yield Recipe(bits, signed, rescale=(slope, intercept), windows=window, function=function)


def _windows() -> Iterator[Recipe]:
    """Narrow, wide, fractional and shifted windows, and several of which the first counts."""
    middles = {False: 2048, True: 0}
    shapes = (
        ((0, 4096),),
        ((0, 1),),
        ((0, 2),),
        ((0.5, 2),),
        ((100.25, 333.75),),
        ((-1500, 600),),
        ((1900, 5000),),
        ((0, 20000),),
        ((300, 800), (0, 4096), (5, 10)),
    )
    for signed, shape, function in product(middles, shapes, (None, *_FUNCTIONS)):
        windows = tuple((middles[signed] + center, width) for center, width in shape)
        yield Recipe(signed=signed, windows=windows, function=function)


def _voi_tables() -> Iterator[Recipe]:
    """Entries of 8 to 16 bits in words and bytes, long and short tables, shifted ones."""
    storages = [(8, "bytes"), *product((8, 10, 12, 14, 16), ("US", "OW"))]
    for bits, signed, (entry_bits, stored) in product((8, 12), (False, True), storages):
        least = Recipe(bits, signed).least
        yield Recipe(bits, signed, voi=Lut(least, 2**bits, entry_bits, stored))
        yield Recipe(bits, signed, voi=Lut(least + 50, 100, entry_bits, stored))
    for signed, stored in product((False, True), ("US", "OW")):
        yield Recipe(16, signed, voi=Lut(-32768 if signed else 0, 32767, 16, stored))
        yield Recipe(16, signed, voi=Lut(-32768 if signed else 0, 65536, 16, "OW"))
    # Signed by the header, and no value tells so: the inputs below 0 are signed all the same.
    for stored, syntax in product(("US", "OW"), ((), ("dcmconv", "+ti"))):
        table = Lut(-2048, 4096, 12, stored)
        yield Recipe(signed=True, positive=True, voi=table, syntax=syntax)
        yield Recipe(signed=True, positive=True, voi=replace(table, first=-100, count=1000))
    yield Recipe(16, signed=True, positive=True, voi=Lut(-32768, 65536, 16, "OW"))
    window = ((2048, 4096),)
    yield Recipe(voi=Lut(0, 4096, 12), windows=window)
    yield Recipe(voi=Lut(-1024, 4096, 12), rescale=(1, -1024))
    yield Recipe(voi=Lut(-2048, 4096, 12), rescale=(-1, 2047))
    yield Recipe(voi=Lut(0, 4096, 12), rescale=(1, 2048), signed=True)


def _modality_tables() -> Iterator[Recipe]:
    """Tables to modality units, then a window or a VOI LUT over them."""
    for signed, bits, stored in product((False, True), (8, 10, 12, 16), ("US", "OW")):
        least = Recipe(signed=signed).least
        window = ((2 ** (bits - 1), 2**bits),)
        yield Recipe(signed=signed, modality=Lut(least, 4096, bits, stored), windows=window)
        yield Recipe(signed=signed, modality=Lut(least + 900, 500, bits, stored), windows=window)
        table = Lut(0, 2**bits, 12, "OW")
        yield Recipe(signed=signed, modality=Lut(least, 4096, bits, stored), voi=table)
    yield Recipe(8, modality=Lut(0, 256, 8, "bytes"), windows=((128, 256),))
    yield Recipe(8, signed=True, modality=Lut(-128, 256, 8, "bytes"), windows=((128, 256),))


def _shapes() -> Iterator[Recipe]:
    """Presentation LUT Shape beside the photometric interpretation, agreeing or not."""
    for photometric, shape, signed in product(
        ("MONOCHROME2", "MONOCHROME1"), (None, "IDENTITY", "INVERSE"), (False, True)
    ):
        least = Recipe(signed=signed).least
        common = Recipe(signed=signed, photometric=photometric, shape=shape)
        yield replace(common, windows=((least + 1800, 3000),))
        yield replace(common, voi=Lut(least, 4096, 10))


def _high_bits() -> Iterator[Recipe]:
    """Stored bits that end below or above where they usually do (retired)."""
    places = ((8, 9), (8, 15), (10, 10), (10, 15), (12, 13), (12, 15), (14, 15))
    for (bits, high_bit), signed, function in product(places, (False, True), ("LINEAR", "SIGMOID")):
        middle = 0 if signed else 2 ** (bits - 1)
        window = ((middle + 10, 2 ** (bits - 1)),)
        yield Recipe(bits, signed, high_bit, windows=window, function=function)


def _paddings() -> Iterator[Recipe]:
    """Padded films, with a window and without."""
    for signed, photometric in product((False, True), ("MONOCHROME2", "MONOCHROME1")):
        least = Recipe(signed=signed).least
        for padding in (least, least + 4095):
            padded = Recipe(signed=signed, photometric=photometric, padding=padding)
            yield padded
            yield replace(padded, windows=((least + 2000, 3000),))


def _histograms() -> Iterator[Recipe]:
    """Films without window or table."""
    for bits, signed, photometric in product(
        (8, 12, 16), (False, True), ("MONOCHROME2", "MONOCHROME1")
    ):
        yield Recipe(bits, signed, photometric=photometric)
    yield Recipe(rescale=(-2, 17))
    yield Recipe(modality=Lut(0, 4096, 16))


def _syntaxes() -> Iterator[Recipe]:
    """The same film in each lossless transfer syntax."""
    for bits, signed, syntax in product((8, 12, 16), (False, True), _TRANSCODERS):
        middle = 0 if signed else 2 ** (bits - 1)
        yield Recipe(bits, signed, windows=((middle, 2**bits),), syntax=syntax)


def _lossy_syntaxes() -> Iterator[Recipe]:
    """The same film in each lossy transfer syntax that DCMTK draws, in either polarity."""
    for (bits, syntax), photometric, share in product(
        _LOSSY_TRANSCODERS, ("MONOCHROME2", "MONOCHROME1"), (1, 2)
    ):
        window = ((2 ** (bits - 1), 2**bits / share),)
        yield Recipe(bits, photometric=photometric, windows=window, syntax=syntax)


_AXES = {
    "bits, sign, photometric interpretation": _depths,
    "rescale": _rescales,
    "window": _windows,
    "VOI LUT": _voi_tables,
    "Modality LUT": _modality_tables,
    "Presentation LUT Shape": _shapes,
    "High Bit": _high_bits,
    "padding": _paddings,
    "no window, no table": _histograms,
    "transfer syntax": _syntaxes,
    WITH_LOSS: _lossy_syntaxes,
}
