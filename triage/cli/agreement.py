"""``triage report agreement``: its figures as tables, and the disagreements below."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from triage.cli.thumbnails import MOST
from triage.database.agreement import SHOWN, comparisons
from triage.database.engine import Connection
from triage.database.questions import AGREEMENT, DISAGREEMENTS
from triage.database.statistics import Report, Table, Value, ask
from triage.evaluate.concordance import Figures, concordance

PLACES = 2

NOTE = (
    "Each row puts a reader beside a model, which is one version of it, or beside another reader."
    " The four counts are studies: neither calls them present, only the one beside the reader does,"
    " only the reader does, both do. The reader is the truth of sensitivity, specificity and AUROC."
    " Labels that were mined from reports never stand for a reader."
)

PICTURED = (
    f"The first {MOST} rows have a picture of the film that speaks loudest, if its file is kept."
)

_ENDS = ("", "_low", "_high")
_SHARES = ("sensitivity", "specificity", "auroc")
COLUMNS = (
    *("label", "reader", "beside", "name", "version", "bundle", "reads", "studies"),
    *("neither", "second_only", "first_only", "both"),
    *(f"kappa{end}" for end in _ENDS),
    "p_value",
    *(f"{name}{end}" for name in _SHARES for end in _ENDS),
    "undefined",
)
SPOKEN = (
    *("label", "reader", "beside", "bundle", "reads", "studies", "counts", "kappa", "p"),
    *("sensitivity", "specificity", "AUROC", "undefined"),
)
_Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Part:
    """An answer as programs and as people are to have it."""

    report: Report
    table: Table
    spoken: Table
    note: str = ""


def answered(connection: Connection, report: Report, *, since: date) -> list[Part]:
    """Answer a question; that of agreement is counted here, and the disagreements follow it."""
    if report is not AGREEMENT:
        table = ask(connection, report, since=since)
        return [Part(report, table, table, PICTURED if report is DISAGREEMENTS else "")]
    found = concordance(comparisons(connection, since=since))
    figures = Part(report, plain(found), spoken(found), NOTE)
    return [figures, *answered(connection, DISAGREEMENTS, since=since)]


def plain(figures: Sequence[Figures]) -> Table:
    """Write figures as a table of numbers, for programs."""
    return Table(COLUMNS, [tuple(_numbers(found)) for found in figures])


def spoken(figures: Sequence[Figures]) -> Table:
    """Write figures as a table with each interval beside its value, for people."""
    return Table(SPOKEN, [tuple(_words(found)) for found in figures])


def _numbers(found: Figures) -> Iterator[Value]:
    model, kappa = found.model, found.agreement
    yield from (found.label, found.reader)
    if model:
        yield from ("model", model.name, model.version, model.digest[:SHOWN])
    else:
        yield from ("reader" if found.beside else None, found.beside, None, None)
    yield from (found.reads, kappa.count, *found.table[0], *found.table[1])
    yield from _three(kappa.kappa, kappa.interval)
    yield kappa.p_value
    for estimate in (found.sensitivity, found.specificity, found.auroc):
        yield from _three(estimate.value, estimate.interval) if estimate else (None,) * 3
    yield found.why or None


def _three(value: float | None, interval: _Interval) -> tuple[float | None, ...]:
    return (value, *(interval or (None, None)))


def _words(found: Figures) -> Iterator[Value]:
    kappa = found.agreement
    bundle = found.model.digest[:SHOWN] if found.model else None
    yield from (found.label, found.reader, _beside(found), bundle, found.reads, kappa.count)
    yield "/".join(str(count) for row in found.table for count in row)
    yield from (_said(kappa.kappa, kappa.interval), kappa.p_value)
    for estimate in (found.sensitivity, found.specificity, found.auroc):
        yield _said(estimate.value, estimate.interval) if estimate else None
    yield found.why or None


def _beside(found: Figures) -> str | None:
    if found.beside:
        return f"reader {found.beside}"
    model = found.model
    return f"model {model.name} {model.version}" if model else None


def _said(value: float | None, interval: _Interval) -> str | None:
    if value is None:
        return None
    ends = f" ({interval[0]:.{PLACES}f} to {interval[1]:.{PLACES}f})" if interval else ""
    return f"{value:.{PLACES}f}{ends}"
