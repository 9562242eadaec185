"""Draw films like the samples, but not the samples: what the screener learns drawn films from.

``python -m sample_dicoms.variants --to FOLDER`` writes ``FOLDER/accepted`` (frontal chests) and
``FOLDER/refused`` (lateral chests and hands) as PNG.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from sample_dicoms.chest import Build, frontal
from sample_dicoms.drawing import Layer, Point
from sample_dicoms.other_films import hand, lateral

_SHAPES = ((160, 128), (144, 144), (128, 160))
_WITHOUT = 0.6
_FIRST_SEED = 10_000
"""The samples' own seeds are far below."""


def write_variants(folder: Path, *, chests: int = 160, others: int = 60) -> tuple[Path, ...]:
    """Draw variants; the same ones each time.

    Args:
        folder: is made where it is absent.
        chests: how many frontal chests.
        others: how many lateral chests, and how many hands.

    Returns:
        The files in the order in which they were written.
    """
    random = np.random.default_rng(_FIRST_SEED)
    seeds = [_FIRST_SEED + n for n in range(max(chests, others))]
    drawn = [("accepted/chest", frontal(_shape(random), _build(random, s))) for s in seeds[:chests]]
    for seed in seeds[:others]:
        drawn.append(("refused/lateral", lateral(_shape(random), seed=seed)))
        drawn.append(("refused/hand", hand(_shape(random), seed=seed)))
    return tuple(
        _write(folder / f"{kind}-{n:03}.png", film) for n, (kind, film) in enumerate(drawn)
    )


def _build(random: Generator, seed: int) -> Build:
    """Vary a chest within what adults and children have."""
    return Build(
        seed=seed,
        width=random.uniform(0.70, 0.88),
        heart=random.uniform(0.85, 1.3),
        rib_slope=random.uniform(0.06, 0.22),
        mass=_place(random),
        infiltrate=_place(random),
    )


def _place(random: Generator) -> Point | None:
    """Choose a place in a lung, or none, as most chests have it."""
    if random.random() < _WITHOUT:
        return None
    side = float(random.choice([-1, 1]))
    return side * random.uniform(0.36, 0.52), random.uniform(0.34, 0.64)


def _shape(random: Generator) -> tuple[int, int]:
    return _SHAPES[int(random.integers(len(_SHAPES)))]


def _write(path: Path, film: Layer) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(film * 255).astype(np.uint8)).save(path)
    return path


def main() -> None:
    """Read the command line and write the variants."""
    parser = argparse.ArgumentParser(description="Draw films to train the screener with.")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    print(f"{len(write_variants(parser.parse_args().to))} films")


if __name__ == "__main__":
    main()
