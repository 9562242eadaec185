"""Whether burnt-in lettering is still seen when films are decoded at fewer levels."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.table import Table

from tests.benchmarks.levels.radiographs import Radiograph
from tests.benchmarks.levels.reduction import values_without
from triage.decode.lettering import bears_lettering

HEIGHTS = (20, 24, 28, 32, 40, 48, 64, 80)
"""Pixels of the font."""

TEXT = "DOE JANE"
_PLACE = (40, 40)
_LEVELS = (0, 1, 2)


def letters_table(radiographs: Iterable[Radiograph]) -> Table:
    """Write on each film in each height, and count where it is seen."""
    seen: Counter[tuple[int, int]] = Counter()
    films = list(radiographs)
    for radiograph in films:
        for height in HEIGHTS:
            lettered = written(radiograph, height)
            for levels in _LEVELS:
                values = values_without(lettered, levels)
                seen[height, levels] += bears_lettering(values)
    title = f"lettering seen on {len(films)} films"
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in ("height, pixels", *(f"{levels} left out" for levels in _LEVELS)):
        table.add_column(name, justify="right")
    for height in HEIGHTS:
        table.add_row(str(height), *(str(seen[height, levels]) for levels in _LEVELS))
    return table


def written(radiograph: Radiograph, height: int) -> Radiograph:
    """Burn white text into a film."""
    picture = Image.new("L", radiograph.values.shape[::-1])
    ImageDraw.Draw(picture).text(_PLACE, TEXT, 255, ImageFont.load_default(height))
    ink = np.asarray(picture) >= 128
    values = np.where(ink, radiograph.values.max(), radiograph.values)
    values = values.astype(radiograph.values.dtype)
    return Radiograph(radiograph.header, radiograph.layout, values)
