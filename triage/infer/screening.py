"""Gates that a film's pixels pass before the network is asked: a list, in order."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.domain.quantile import percentiles
from triage.infer.look import Look, look_at

SHORTEST_SIDE = 128
"""Pixels; the network looks at 224, and real films of archives are kept with as few."""

NARROWEST = 0.5
"""Short side by long side: cassettes are 0.7 to 1, strips and slot scans are narrower."""

LEAST_SPREAD = 0.08
"""Of the display range, between the 2nd and 98th percentile; real films had 0.247 or more."""

MOST_SATURATED = 0.5
"""Part of the field that is pure black or pure white."""

_EXTREME = 0.5 / 255
_TAIL_PERCENT = 2


class Screening:
    """Decides by its pixels whether a film can be assessed; the first gate that refuses speaks.

    Args:
        judge: what a trained network says of it, asked last; ``None`` asks nobody.
    """

    def __init__(self, judge: Callable[[Look], Refusal | None] | None = None) -> None:
        self._judge = judge

    def screen(self, film: Film) -> None:
        """Pass a film on, or refuse it.

        Raises:
            UnassessableFilm: a gate refuses the film.
        """
        refusal = _shape_refusal(film.shape) or self._pixel_refusal(look_at(film))
        if refusal is not None:
            raise UnassessableFilm(refusal)

    def _pixel_refusal(self, look: Look) -> Refusal | None:
        refusal = blank_refusal(look) or saturated_refusal(look)
        return self._judge(look) if refusal is None and self._judge is not None else refusal


def size_refusal(shape: tuple[int, int]) -> Refusal | None:
    """Refuse a film with too few pixels on its shorter side."""
    if min(shape) >= SHORTEST_SIDE:
        return None
    sentence = f"The film's shorter side has {min(shape)} pixels: at least {SHORTEST_SIDE}."
    return Refusal(RefusalCode.SIZE, sentence)


def aspect_refusal(shape: tuple[int, int]) -> Refusal | None:
    """Refuse a strip: no chest film is so narrow."""
    aspect = min(shape) / max(shape)
    if aspect >= NARROWEST:
        return None
    sentence = f"The film's sides are as {aspect:.3f} to 1: at least {NARROWEST:g} to 1."
    return Refusal(RefusalCode.ASPECT, sentence)


def blank_refusal(look: Look) -> Refusal | None:
    """Refuse a film that shows nearly one gray."""
    low, high = percentiles(look.gray, _TAIL_PERCENT, 100 - _TAIL_PERCENT)
    if high - low >= LEAST_SPREAD:
        return None
    sentence = (
        f"The film is blank: its grays span {high - low:.3f} of the display's range, "
        f"at least {LEAST_SPREAD:g}."
    )
    return Refusal(RefusalCode.BLANK, sentence)


def saturated_refusal(look: Look) -> Refusal | None:
    """Refuse a film that is mostly pure black or white inside its borders."""
    part = float(_extreme(look.gray).mean())
    if part <= MOST_SATURATED:
        return None
    sentence = (
        f"The film is saturated: {part:.0%} of its field are pure black or white, "
        f"at most {MOST_SATURATED:.0%}."
    )
    return Refusal(RefusalCode.SATURATED, sentence)


def _shape_refusal(shape: tuple[int, int]) -> Refusal | None:
    return size_refusal(shape) or aspect_refusal(shape)


def _extreme(gray: NDArray[np.float32]) -> NDArray[np.bool_]:
    return (gray <= _EXTREME) | (gray >= 1 - _EXTREME)
