"""A report as one HTML file, without scripts, that loads nothing and prints well."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape

from triage.cli.cells import shown
from triage.cli.plot import MOST, Bar, lying, standing
from triage.database.statistics import Plot, Report, Table, Value

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2430; margin: 2rem auto;
  max-width: 76rem; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin-bottom: 0.2rem; }
p.note { color: #56606e; margin-top: 0; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.25rem 0.8rem 0.25rem 0; border-bottom: 1px solid #d9dee5;
  vertical-align: top; }
td.long { overflow-wrap: anywhere; }
th { border-bottom: 2px solid #8a94a3; }
th.number, td.number { text-align: right; }
thead { display: table-header-group; }
tr, svg, img { break-inside: avoid; }
img { display: block; max-width: 10rem; }
svg { display: block; margin: 0.6rem 0; max-width: 100%; height: auto; }
svg rect { fill: #2a6f97; }
svg text { font: 12px system-ui, sans-serif; fill: #1c2430; }
svg text.title { font-weight: 600; }
svg line { stroke: #8a94a3; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } }
"""
LONGEST_WORD = 24
"""Letters of a cell whose words are not broken: a UID may be."""

_NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class Section:
    """An answer on a page.

    Args:
        report: what was asked.
        table: the answer.
        note: how to read it.
        pictures: JPEGs by the number of their row, from 0; rows without one have a dash.
    """

    report: Report
    table: Table
    note: str = ""
    pictures: Mapping[int, bytes] = field(default_factory=dict)


def page(report: Report, table: Table, *, since: date, now: datetime) -> str:
    """Write a report as HTML; whatever a row holds is escaped.

    Args:
        report: what was asked.
        table: the answer.
        since: its first day.
        now: when it was asked, in the zone whose days are counted.
    """
    return page_of([Section(report, table)], since=since, now=now)


def page_of(sections: Sequence[Section], *, since: date, now: datetime) -> str:
    """Write several answers on one page, as ``page`` does; the first names it."""
    first, *further = sections
    told = f"From {since} on, told on {now:%Y-%m-%d at %H:%M} {now.tzinfo}; {_count(first)}."
    below = "".join(
        f'<h2>{escape(each.report.title)}</h2>\n<p class="note">{_count(each)}.</p>\n{_body(each)}'
        for each in further
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FROM_ELSEWHERE}">'
        f"<title>{escape(first.report.name)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{escape(first.report.title)}</h1>\n"
        f'<p class="note">{told} Research software, not for diagnostic use.</p>\n'
        f"{_body(first)}{below}</body></html>\n"
    )


def _count(section: Section) -> str:
    return f"{len(section.table.rows)} rows"


def _body(section: Section) -> str:
    table, plot = section.table, section.report.plot
    drawn = "".join(_plots(plot, table)) if plot and table.rows else ""
    note = f'<p class="note">{escape(section.note)}</p>\n' if section.note else ""
    return f"{drawn}{note}{_table(table, section.pictures)}"


def _plots(plot: Plot, table: Table) -> Iterator[str]:
    """Draw the table; of too much the first, and say so."""
    bars = _bars(plot, table)
    if plot.along is None:
        yield from _cut(len(bars), "rows")
        yield f"<h2>{escape(plot.what)}</h2>{lying([bar for _, bar in bars[:MOST]])}\n"
        return
    panels: dict[str, list[Bar]] = {}
    for name, bar in bars:
        panels.setdefault(name or plot.what, []).append(bar)
    yield from _cut(len(panels), "series")
    yield f"<h2>{escape(plot.what)}, by {escape(plot.along)}</h2>\n"
    for name in list(panels)[:MOST]:
        yield _panel(name, panels[name], plot.unit)


def _panel(name: str, bars: list[Bar], unit: str) -> str:
    """Draw one series; of one that never rose above 0 say so, instead of nothing on a line."""
    if any(bar.value for bar in bars):
        return f"{standing(name, bars, unit=unit)}\n"
    return f'<p class="note">{escape(shown(name))}: 0 all the time.</p>\n'


def _bars(plot: Plot, table: Table) -> list[tuple[str, Bar]]:
    """Return for each row that has a value the name of its series, and its bar."""
    found = []
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        value = cells[plot.value]
        name = ", ".join(shown(cells[column]) for column in plot.by)
        if isinstance(value, int | float):
            along = name if plot.along is None else shown(cells[plot.along])
            found.append((name, Bar(along, float(value))))
    return found


def _cut(number: int, what: str) -> Iterator[str]:
    if number > MOST:
        yield f'<p class="note">The first {MOST} of {number} {what} are drawn.</p>'


def _table(table: Table, pictures: Mapping[int, bytes]) -> str:
    head = "".join(
        f'<th scope="col"{_side(_column(table, place))}>{escape(name)}</th>'
        for place, name in enumerate(table.columns)
    )
    head = f'<th scope="col">film</th>{head}' if pictures else head
    body = "\n".join(
        f"<tr>{_picture(pictures, number)}{''.join(map(_cell, row))}</tr>"
        for number, row in enumerate(table.rows)
    )
    body = body or f'<tr><td colspan="{len(table.columns)}">no rows</td></tr>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>\n"


def _picture(pictures: Mapping[int, bytes], row: int) -> str:
    """Write a row's picture into the page itself; where no row has one there is no column."""
    if not pictures:
        return ""
    if row not in pictures:
        return "<td>-</td>"
    return f'<td><img alt="" src="data:image/jpeg;base64,{b64encode(pictures[row]).decode()}"></td>'


def _column(table: Table, place: int) -> Sequence[Value]:
    return [row[place] for row in table.rows if row[place] is not None]


def _side(values: Sequence[Value]) -> str:
    numbers = bool(values) and all(isinstance(value, int | float) for value in values)
    return ' class="number"' if numbers else ""


def _cell(value: Value) -> str:
    text = shown(value)
    side = ' class="long"' if len(text) > LONGEST_WORD else _side([value])
    return f"<td{side}>{escape(text)}</td>"
