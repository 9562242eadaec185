"""Bars as SVG: lying ones beside their names, or standing ones along the days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from triage.cli.cells import shown

MOST = 40
"""Lying bars, or panels of standing ones: more cannot be read."""

LONGEST_NAME = 56
_NAME_PX, _BAR_PX, _VALUE_PX, _LINE_PX = 400, 400, 80, 22
_PANEL_PX, _COLUMN_PX = 110, 760


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a name, and a value of at least 0."""

    name: str
    value: float


def lying(bars: Sequence[Bar]) -> str:
    """Draw bars to the right of their names, the first on top; all on one scale from 0."""
    most = max((bar.value for bar in bars), default=0.0) or 1.0
    parts = [_lying(bar, place, bar.value / most) for place, bar in enumerate(bars)]
    return _svg(_NAME_PX + _BAR_PX + _VALUE_PX, _LINE_PX * len(bars), parts)


def standing(title: str, bars: Sequence[Bar], *, unit: str = "") -> str:
    """Draw bars along the days that name them; a day without one stays empty.

    The scale goes from 0 to the highest, which is written, with its unit.
    """
    most = max((bar.value for bar in bars), default=0.0)
    days = [date.fromisoformat(bar.name) for bar in bars]
    places = [(day - days[0]).days for day in days]
    step = _COLUMN_PX / max([10, *(place + 1 for place in places)])
    high = _PANEL_PX - 40
    told = f"{_short(title)}: at most {_measured(most, unit)}"
    parts = [f'<text x="0" y="14" class="title">{told}</text>']
    for place, bar in zip(places, bars, strict=True):
        tall = high * bar.value / (most or 1.0)
        parts.append(
            f'<rect x="{place * step + min(1, step / 4):.2f}" y="{22 + high - tall:.1f}" '
            f'width="{max(step - 2, step / 2):.2f}" height="{tall:.1f}">{_tip(bar, unit)}</rect>'
        )
    parts.append(f'<line x1="0" y1="{22 + high}" x2="{_COLUMN_PX}" y2="{22 + high}"/>')
    if bars:
        foot = _PANEL_PX - 4
        parts.append(f'<text x="0" y="{foot}">{_short(bars[0].name)}</text>')
    if len(bars) > 1:
        right = f'x="{step * (places[-1] + 1):.1f}" y="{foot}" text-anchor="end"'
        parts.append(f"<text {right}>{_short(bars[-1].name)}</text>")
    return _svg(_COLUMN_PX, _PANEL_PX, parts)


def _lying(bar: Bar, place: int, share: float) -> str:
    top, long = place * _LINE_PX, _BAR_PX * share
    return (
        f'<text x="{_NAME_PX - 8}" y="{top + 15}" text-anchor="end">{_short(bar.name)}</text>'
        f'<rect x="{_NAME_PX}" y="{top + 3}" width="{long:.1f}" height="{_LINE_PX - 6}">'
        f"{_tip(bar)}</rect>"
        f'<text x="{_NAME_PX + long + 6:.1f}" y="{top + 15}">{shown(bar.value)}</text>'
    )


def _short(name: str) -> str:
    cut = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return escape(shown(cut))


def _tip(bar: Bar, unit: str = "") -> str:
    return f"<title>{escape(shown(bar.name))}: {_measured(bar.value, unit)}</title>"


def _measured(value: float, unit: str) -> str:
    return f"{shown(value)} {unit}".rstrip()


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>{"".join(parts)}</svg>'
