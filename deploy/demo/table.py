"""The table that the demonstration ends with."""

from collections.abc import Iterable

from rich.table import Table

from deploy.demo.outcome import Outcome

TAIL = 8


def table_of(outcomes: Iterable[Outcome]) -> Table:
    """Lay the outcomes out, one film a row."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("study", "film", "assessed, or why not", "probabilities", "flagged"):
        table.add_column(column, overflow="fold")
    table.add_column("returned")
    table.add_column("seconds", justify="right")
    for outcome in outcomes:
        table.add_row(*_cells(outcome))
    return table


def _cells(outcome: Outcome) -> tuple[str, ...]:
    return (
        f"…{outcome.film.study_uid[-TAIL:]}",
        outcome.film.name,
        f"{outcome.code}: {outcome.sentence}" if outcome.code else outcome.state.lower(),
        "\n".join(f"{label} {outcome.probabilities[label]:.2f}" for label in _shown(outcome)),
        "\n".join(outcome.flagged) or "-",
        _returned(outcome),
        "" if outcome.seconds is None else f"{outcome.seconds:.1f}",
    )


def _shown(outcome: Outcome) -> list[str]:
    """Choose the labels that flag the film, or else the most probable one, of many."""
    strongest = sorted(outcome.probabilities, key=outcome.probabilities.__getitem__)[-1:]
    return list(outcome.flagged) or strongest


def _returned(outcome: Outcome) -> str:
    if outcome.captures:
        return "yes"
    return outcome.reason if outcome.flagged else "-"
