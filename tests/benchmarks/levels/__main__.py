"""``python -m tests.benchmarks.levels``: JPEG 2000 films at fewer resolution levels.

What would move if films were decoded smaller than they are: the network's input, probabilities,
the screener's measures, verdicts and notes; and what it would save. Nothing here gates;
``docs/pixels.md`` says what was found and decided.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from tests.benchmarks.levels.costs import cost_table
from tests.benchmarks.levels.judgement import Jury
from tests.benchmarks.levels.letters import letters_table
from tests.benchmarks.levels.low_pass import low_pass
from tests.benchmarks.levels.movement import movement_table
from tests.benchmarks.levels.radiographs import DISTINCT, Radiograph, compressed, cut, grained, real
from tests.benchmarks.levels.reduction import decoded_without

FILMS = 300
SIDES = (2048, 3056)
LETTERED = 15
"""One film in so many of those with grain is written on."""

CONTROLLED = (0, 1, 2)
"""With nothing left out nothing may move."""

ODD_SIDE = 1023

WIDTH_OF_A_FILE = 140


def main(words: Sequence[str]) -> int:
    """Print the chosen tables, all of them where none is chosen."""
    arguments = _arguments(words)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)  # as the child does that decodes
    _check_filter()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
    for name, table in _tables(arguments, Jury()).items():
        if name in arguments.only or not arguments.only:
            console.print(table())
    return 0


def _tables(arguments: argparse.Namespace, jury: Jury) -> dict[str, Callable[[], Table]]:
    def moved(title: str, radiographs: Iterator[Radiograph]) -> Callable[[], Table]:
        return partial(movement_table, title, radiographs, jury, left_out=CONTROLLED)

    def with_grain(side: int) -> Callable[[], Table]:
        title = f"adult films with real grain, {side} x {side} (5/3)"
        films = grained(arguments.films, side=side)
        return partial(movement_table, title, films, jury, left_out=CONTROLLED[1:])

    lettered = grained(max(1, arguments.films // LETTERED), side=SIDES[-1])
    return {
        "real": moved("real films as they came, or compressed without loss", real()),
        "parts": moved("parts of them, without loss (5/3)", cut(lossy=False)),
        "lossy": moved("parts of them, to a tenth (9/7)", cut(lossy=True)),
        **{str(side): with_grain(side) for side in SIDES},
        "letters": partial(letters_table, lettered),
        "costs": lambda: cost_table(list(_priced()), jury, repeat=arguments.repeat),
    }


def _priced() -> Iterator[tuple[str, Radiograph]]:
    """Yield films whose decoding is timed."""
    yield from zip(DISTINCT, real(), strict=True)
    for side in SIDES:
        yield f"grained {side} x {side}", compressed(next(grained(1, side=side)))


def _check_filter() -> None:
    """Stop where the filter that stands for the codec does not give what the codec gives."""
    film = compressed(next(grained(1, side=ODD_SIDE)))
    for levels in CONTROLLED:
        computed = low_pass(film.values, levels, bits=film.layout.bits_stored)
        if not np.array_equal(computed, decoded_without(film.codestream, levels)):
            raise SystemExit(f"{levels} levels left out: the filter differs from the codec")


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="levels", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="TABLE", help="real, parts, lossy, 2048, ...")
    parser.add_argument("--films", type=int, default=FILMS, help="films with grain, of each size")
    parser.add_argument("--repeat", type=int, default=5, help="turns of each timed station")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
