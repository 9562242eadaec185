"""The reading list as one HTML file: it loads nothing, has no script, and prints on A4."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import escape

from triage.cli.cells import shown
from triage.database.statistics import Table, Value
from triage.decode.person import Person, name_groups

STYLE = """
@page { size: A4; margin: 12mm 10mm 14mm; }
body { font: 14px/1.4 system-ui, sans-serif; color: #1c2430; margin: 1.5rem auto;
  max-width: 62rem; padding: 0 1.2rem; }
h1 { font-size: 1.4rem; margin: 0 0 0.2rem; }
p { color: #56606e; margin: 0 0 0.6rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
th { text-align: left; font-size: 12px; color: #56606e; border-bottom: 2px solid #8a94a3;
  padding: 0.2rem 0.6rem 0.2rem 0; }
td { vertical-align: top; border-bottom: 1px solid #d9dee5; padding: 0.4rem 0.6rem 0.4rem 0;
  overflow-wrap: anywhere; }
tr { break-inside: avoid; }
td.place { font-size: 1.3rem; font-weight: 600; width: 2.2rem; }
td.finding { width: 9.5rem; }
td.wait { width: 9.5rem; }
td.films { width: 18rem; }
div.films { display: flex; gap: 0.4rem; align-items: flex-start; }
img { height: 128px; width: auto; max-width: 168px; object-fit: contain; background: #000; }
b.tag { display: inline-block; white-space: nowrap; border: 1px solid #8a94a3; font-size: 12px;
  border-radius: 3px; padding: 0 0.4em; margin: 0 0.3em 0.2em 0; }
b.loud { background: #1c2430; border-color: #1c2430; color: #fff; }
b.late { border: 2px solid #1c2430; }
small { color: #56606e; font-size: 12px; display: block; }
td.wait small { white-space: nowrap; }
strong { display: block; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 11px; }
  b.tag, small, th { font-size: 9.5px; }
  td.finding { width: 31mm; }
  td.wait { width: 28mm; }
  td.films { width: 55mm; }
  td.place { width: 7mm; }
  img { height: 23mm; max-width: 26mm; }
  b.loud, img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
_NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_ORDER = "the ordered priority goes before everything; within it come first those"
_DA = "YYYYMMDD"
_LOUD = ("STAT", "HIGH", "urgent", "flagged")


@dataclass(frozen=True, slots=True)
class SmallFilm:
    """JPEGs of a film; of what cannot be drawn there is a word instead."""

    film: bytes | None = None
    overlay: bytes | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A day's list, and what is shown beside it.

    Args:
        day: whose list it is.
        now: when it was asked, in the zone whose days are counted.
        maximum_wait: after which a study rises.
        table: the studies in their order.
        films: small, by study UID.
        persons: by study UID; ``None`` where nobody is to be named.
    """

    day: date
    now: datetime
    maximum_wait: timedelta
    table: Table
    films: Mapping[str, SmallFilm] = field(default_factory=dict)
    persons: Mapping[str, Person] | None = None


def reading_page(listed: Listed) -> str:
    """Write a reading list as HTML; whatever a header or a row holds is escaped."""
    over = listed.day < listed.now.date()
    stood = "at its end" if over else f"at {listed.now:%H:%M}"
    named = "patients are named from the films' headers" if listed.persons is not None else ""
    hours = shown(listed.maximum_wait / timedelta(hours=1))
    told = [
        f"As it stood {stood}; times are {listed.now.tzinfo}",
        f"{len(listed.table.rows)} studies",
        named,
        f"{_ORDER} that have waited more than {hours} h, then tier, probability and wait",
    ]
    rows = "\n".join(
        _row(dict(zip(listed.table.columns, row, strict=True)), listed) for row in listed.table.rows
    )
    rows = rows or '<tr><td colspan="5">no studies</td></tr>'
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FROM_ELSEWHERE}">'
        f"<title>reading list {listed.day}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>Reading list of {listed.day:%A, %Y-%m-%d}</h1>\n"
        f"<p>{escape('; '.join(part for part in told if part))}.</p>\n"
        "<p><strong>Research software, not for diagnostic use.</strong> A study without a finding "
        "is not therefore normal; one that was not assessed says nothing.</p>\n"
        "<table><thead><tr><th></th><th>study</th><th>finding</th><th>waits</th>"
        f"<th>film, and map of the finding</th></tr></thead><tbody>\n{rows}\n</tbody></table>\n"
        "</body></html>\n"
    )


def _row(cells: Mapping[str, Value], listed: Listed) -> str:
    study = str(cells["study_uid"])
    whose = "" if listed.persons is None else _person(listed.persons.get(study, Person()))
    return (
        f'<tr><td class="place">{cells["place"]}</td>'
        f"<td>{_tag(cells['ordered_priority'])}{whose}<small>{_said(study)}</small></td>"
        f'<td class="finding">{_finding(cells)}</td><td class="wait">{_wait(cells, listed)}</td>'
        f'<td class="films">{_films(listed.films.get(study, SmallFilm()))}</td></tr>'
    )


def _person(whose: Person) -> str:
    born = f"born {_said(_dashed(whose.birth_date.reveal))}" if whose.birth_date.reveal else ""
    number = f"accession {_said(whose.accession.reveal)}" if whose.accession.reveal else ""
    name, patient_id = whose.name.reveal, whose.patient_id.reveal
    known = [_said(patient_id) if patient_id != name else "", born, number]
    groups = name_groups(name) or ["name not known"]
    return (
        f"{''.join(f'<strong>{_said(group)}</strong>' for group in groups)}"
        f"{', '.join(part for part in known if part)}"
    )


def _dashed(day: str) -> str:
    """Write a date of DICOM as others do; what is none is left as it is."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day.isdecimal() and len(day) == len(_DA) else day


def _finding(cells: Mapping[str, Value]) -> str:
    if cells["tier"] is None:
        why = cells["code"] or cells["state"]
        return f"{_tag('not assessed')}<small>{_said(str(why))}</small>"
    return (
        f"{_tag(str(cells['tier']).replace('_', ' '))}<strong>{_said(cells['label'])} "
        f"{float(cells['probability'] or 0):.2f}</strong>"
        f"<small>threshold {float(cells['threshold'] or 0):.2f}</small>"
    )


def _wait(cells: Mapping[str, Value], listed: Listed) -> str:
    hours = float(cells["waited_h"] or 0)
    late = _tag("overdue", "late") if cells["overdue"] else ""
    since = datetime.fromisoformat(str(cells["waiting_since"])).replace(tzinfo=UTC)
    local = since.astimezone(listed.now.tzinfo)
    return f"{late}<strong>{_hours(hours)}</strong><small>since {local:%Y-%m-%d %H:%M}</small>"


def _hours(hours: float) -> str:
    whole, minutes = divmod(round(hours * 60), 60)
    return f"{whole} h {minutes:02d} min" if whole else f"{minutes} min"


def _films(small: SmallFilm) -> str:
    pictures = ((small.film, "film"), (small.overlay, "film with map"))
    drawn = "".join(_image(jpeg, what) for jpeg, what in pictures if jpeg is not None)
    return f'<div class="films">{drawn}<small>{escape(small.missing)}</small></div>'


def _image(jpeg: bytes, what: str) -> str:
    return f'<img alt="{what}" src="data:image/jpeg;base64,{b64encode(jpeg).decode()}">'


def _tag(text: Value, kind: str = "") -> str:
    kind = kind or ("loud" if text in _LOUD else "")
    return f'<b class="tag {kind}">{_said(text)}</b>'


def _said(text: Value) -> str:
    return escape(shown(text))
