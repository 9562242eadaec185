"""``triage calibrate``: a bundle's lines and thresholds, set by labelled films."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.lists import label_lists
from triage.cli.options import (
    AsJson,
    Draws,
    LabelFiles,
    Only,
    Seed,
    SettingsFile,
    pairs_of,
    print_json,
    settings_from,
    with_progress,
)
from triage.evaluate.calibration_report import (
    Films,
    calibration_lines,
    calibration_section,
    films_of,
    plain_calibration,
)
from triage.evaluate.cards import bare_route
from triage.evaluate.commission import Commission
from triage.evaluate.films import Assessed, assess_films
from triage.evaluate.labels import Labels
from triage.evaluate.measures import CHOSEN_AT
from triage.evaluate.platt import Method
from triage.evaluate.recalibration import Order, Recalibration
from triage.evaluate.wish import Aim, Wish
from triage.infer.bundle import (
    CARD,
    add_to_page,
    copy_bundle,
    read_model,
    refuse_bundle,
    shipped_bundle,
)
from triage.infer.card import read_card
from triage.settings import Settings
from triage.train.labels import film_path

Folder = Annotated[Path, typer.Argument(metavar="FILMS", help="A folder of films.")]
To = Annotated[Path, typer.Option(metavar="FOLDER", help="For the new bundle; holds none yet.")]
Base = Annotated[Path | None, typer.Option(help="To be calibrated; else that of the settings.")]
Scale = Annotated[Method, typer.Option(help="How probabilities become frequencies.")]
Specific = Annotated[float | None, typer.Option(help="At least this, above 0 and below 1.")]
Sensitive = Annotated[float | None, typer.Option(help="At least this, instead of specificity.")]
Rate = Annotated[float | None, typer.Option(help="At most this share of the films, instead.")]
Second = Annotated[
    str | None,
    typer.Option(metavar="WISH=SHARE", help="For a second threshold: specificity=0.95."),
]
Named = Annotated[
    list[str] | None, typer.Option("--label", help="To be calibrated, else all that are known.")
]
Flagging = Annotated[
    list[str] | None, typer.Option("--flag", metavar="LABEL", help="From now on it flags films.")
]
Version = Annotated[str | None, typer.Option(help="Of the new bundle; else VERSION-calibrated.")]


def calibrate(
    folder: Folder,
    *,
    to: To,
    bundle: Base = None,
    labels: LabelFiles = None,
    settings: SettingsFile = None,
    scaling: Scale = Method.PLATT,
    specificity: Specific = None,
    sensitivity: Sensitive = None,
    flag_rate: Rate = None,
    urgent: Second = None,
    label: Named = None,
    flag: Flagging = None,
    only: Only = None,
    version: Version = None,
    draws: Draws = 1000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Make a new bundle of the same weights: probabilities scaled, thresholds as wished for.

    Films are assessed as by the daemon. Without a wish it is specificity 0.80. Heat maps get the
    scale that these films give. Films of the split train are left out unless --only asks for them.
    """
    wishes = {Aim.SPECIFICITY: specificity, Aim.SENSITIVITY: sensitivity, Aim.FLAG_RATE: flag_rate}
    order = Order(scaling, _flagged(wishes), _urgent(urgent), seed)
    lists, rows = label_lists(folder, labels), pairs_of("--only", only)
    names, flags = tuple(label or ()), tuple(flag or ())
    commission = Commission(lists, rows, names, flags, order, version, draws)
    choices = settings_from(settings)
    base = bundle or choices.model.bundle or shipped_bundle()
    films, found = _carry_out(commission, folder, to=to, base=base, settings=choices)
    if as_json:
        print_json(plain_calibration(films, found))
    else:
        print(*calibration_lines(films, found), to, sep="\n")


def _carry_out(
    commission: Commission, folder: Path, *, to: Path, base: Path, settings: Settings
) -> tuple[Films, tuple[Recalibration, ...]]:
    """Refuse what can be refused before any film is assessed."""
    refuse_bundle(to)
    subject = commission.subject(read_card(base / CARD))
    assessed = _assess(folder, subject.known, settings, base)
    done = commission.carried_out(subject, assessed)
    made = copy_bundle(base, to, description=done.description)
    films = films_of(commission, subject, done, assessed.not_assessed, (read_model(base), made))
    add_to_page(to, calibration_section(films, done.found))
    return films, done.found


def _assess(folder: Path, known: Labels, choices: Settings, bundle: Path) -> Assessed:
    paths = [film_path(film, folder) for film in known.films]
    return assess_films(bare_route(choices, bundle), known, with_progress(paths))


def _flagged(wishes: Mapping[Aim, float | None]) -> Wish:
    given = [(aim, share) for aim, share in wishes.items() if share is not None]
    if len(given) > 1:
        options = " and ".join(f"--{aim}" for aim, _ in given)
        raise typer.BadParameter(f"{options}: one wish for one threshold")
    return _wish(*(given[0] if given else (Aim.SPECIFICITY, CHOSEN_AT)))


def _urgent(text: str | None) -> Wish | None:
    if text is None:
        return None
    ((name, value),) = pairs_of("--urgent", [text])
    try:
        return Wish(Aim(name), float(value))
    except ValueError as error:
        aims = ", ".join(Aim)
        raise typer.BadParameter(
            f"--urgent {text}: one of {aims}, =, and a share above 0 and below 1"
        ) from error


def _wish(aim: Aim, share: float) -> Wish:
    try:
        return Wish(aim, share)
    except ValueError as error:
        raise typer.BadParameter(f"--{error}") from error
