from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from triage.cli.plot import Bar, lying, standing

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>\x00"


def parsed(drawn: str) -> ET.Element:
    """Read a picture of our own."""
    return ET.fromstring(drawn)  # noqa: S314


def rects(drawn: str) -> list[ET.Element]:
    return parsed(drawn).findall(f"{SVG}rect")


def test_a_bar_is_as_long_as_its_value() -> None:
    drawn = lying([Bar("a", 1.0), Bar("b", 4.0)])

    short, long = (float(rect.attrib["width"]) for rect in rects(drawn))
    assert long == 4 * short


def test_a_day_is_as_high_as_its_value() -> None:
    drawn = standing("CR1", [Bar("2026-01-05", 3.0), Bar("2026-01-06", 6.0)])

    low, high = (float(rect.attrib["height"]) for rect in rects(drawn))
    assert high == 2 * low
    assert "CR1: at most 6" in drawn


def test_values_are_told_in_their_unit() -> None:
    drawn = standing("decode", [Bar("2026-01-05", 0.8954)], unit="s")

    assert "decode: at most 0.8954 s<" in drawn
    assert "<title>2026-01-05: 0.8954 s</title>" in drawn


def test_a_day_without_a_bar_leaves_a_gap() -> None:
    drawn = standing(
        "CR1", [Bar("2026-01-05", 3.0), Bar("2026-01-06", 3.0), Bar("2026-01-09", 3.0)]
    )

    one, two, three = (float(rect.attrib["x"]) for rect in rects(drawn))
    assert three - two == pytest.approx(3 * (two - one))


def test_days_of_years_are_still_seen() -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(1100)]

    drawn = rects(standing("CR1", [Bar(day.isoformat(), 1.0) for day in days]))

    assert min(float(rect.attrib["width"]) for rect in drawn) > 0.3


@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0]])
def test_nothing_and_nought_are_drawn_too(values: list[float]) -> None:
    bars = [Bar("2026-01-05", value) for value in values]

    assert len(rects(lying(bars))) == len(rects(standing("t", bars))) == len(values)


def test_a_hostile_name_is_text() -> None:
    bars = [Bar(HOSTILE, 1.0)]

    for drawn in (lying(bars), standing(HOSTILE, [Bar("2026-01-05", 1.0)])):
        assert not parsed(drawn).findall(f".//{SVG}script")
        assert "script" in "".join(parsed(drawn).itertext())
