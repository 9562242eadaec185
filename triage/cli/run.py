"""``triage run FILE… --to FOLDER``: the same route, without network and database."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import chain, count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from triage.cli.options import AsJson, SettingsFile, print_json, settings_from
from triage.domain.assessment import Assessment, Finding, Refusal, RefusalCode, Tier
from triage.domain.errors import ConfigurationError, DeliveryParked, UnassessableFilm
from triage.domain.labels import HEADS
from triage.overlay.compression import save_png
from triage.pipeline import AssessedFilm, Route, build_route, is_picture_file

EX_DATA = 65
UNREADABLE = frozenset({RefusalCode.UNREADABLE, RefusalCode.TRANSFER_SYNTAX, RefusalCode.TOO_LARGE})

Verdict = dict[str, object]


def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="DICOM, PNG or JPEG.")],
    *,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the results go.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Assess files: a JSON and an overlay PNG each, for DICOM the Secondary Capture too.

    Exit code 65 says that at least one file could not be read; the others are done.
    """
    _refuse_overwriting(files, to)
    route = build_route(settings_from(settings), tell=_say)
    _make(to)
    named = list(name_outputs(files, pages=route.appearance.pages))
    console = Console(stderr=True)
    steps = track(named, "assess", console=console, disable=not console.is_terminal)
    verdicts = [_judge(route, file, to / stem) for file, stem in steps]
    if as_json:
        print_json(verdicts)
    else:
        _show(verdicts)
    return EX_DATA if any(_unreadable(verdict) for verdict in verdicts) else 0


def _say(sentence: str) -> None:
    print(f"triage: {sentence}", file=sys.stderr)


def _refuse_overwriting(files: Sequence[Path], to: Path) -> None:
    """A capture has the name of its film, so it goes to another folder."""
    folder = to.resolve()
    beside = [f for f in files if folder in (f.resolve().parent, f.parent.resolve())]
    if beside:
        raise typer.BadParameter(f"--to {to} is the folder of {beside[0]}: choose another")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--to {folder}: {error.strerror}") from error


def name_outputs(files: Sequence[Path], *, pages: int = 1) -> Iterator[tuple[Path, str]]:
    """Give each file a stem of its own: ``film``, then ``film-2`` for its namesake."""
    taken: set[str] = set()
    for file in files:
        stems = chain([file.stem], (f"{file.stem}-{number}" for number in count(2)))
        named = ([_paged(stem, page) for page in range(1, 1 + pages)] for stem in stems)
        free = next(names for names in named if taken.isdisjoint(names))
        taken.update(free)
        yield file, free[0]


def _paged(stem: str, page: int) -> str:
    return stem if page == 1 else f"{stem}-page{page}"


def _judge(route: Route, file: Path, target: Path) -> Verdict:
    try:
        assessed = route.assess(file)
    except UnassessableFilm as error:
        verdict = _verdict(file, refusal=error.refusal)
    except OSError as error:
        sentence = f"The file cannot be read: {error.strerror}."
        verdict = _verdict(file, refusal=Refusal(RefusalCode.UNREADABLE, sentence))
    else:
        outputs = _write(route, file, assessed, target)
        verdict = _verdict(file, assessed=assessed, outputs=outputs)
    text = json.dumps(verdict, indent=2, ensure_ascii=False)
    _beside(target, ".json").write_text(text + "\n", encoding="utf-8")
    return verdict


def _write(route: Route, file: Path, assessed: AssessedFilm, target: Path) -> list[str]:
    """Write each page's overlay at the film's resolution, and the capture a PACS would get."""
    full = replace(route, appearance=replace(route.appearance, long_side=None))
    written = []
    for page in route.pages(assessed):
        overlay = _beside(target, ".png", page)
        save_png(full.picture(assessed, page), overlay)
        written.append(overlay.name)
        if not is_picture_file(file):
            # Without identity there is no study to file a capture in.
            with suppress(DeliveryParked):
                composed = route.compose(file, assessed, received_at=None, page=page)
                stored = _beside(target, ".dcm", page)
                stored.write_bytes(composed.capture.encoded)
                written.append(stored.name)
    return written


def _beside(target: Path, suffix: str, page: int = 1) -> Path:
    return target.with_name(_paged(target.name, page) + suffix)


def _verdict(
    file: Path,
    *,
    refusal: Refusal | None = None,
    assessed: AssessedFilm | None = None,
    outputs: Sequence[str] = (),
) -> Verdict:
    assessment = None if assessed is None else assessed.assessment
    return {
        "file": str(file),
        "verdict": "not_assessed" if assessed is None else "assessed",
        "reason": None if refusal is None else asdict(refusal),
        "view": None if assessed is None else assessed.film.view.value,
        "notes": [] if assessed is None else list(assessed.film.notes),
        "findings": [] if assessment is None else [_plain(f) for f in assessment.findings],
        "bundle": None if assessment is None else _bundle(assessment),
        "outputs": list(outputs),
    }


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "label": finding.label,
        "probability": round(finding.probability, 6),
        "threshold": finding.threshold,
        "tier": finding.tier.value,
        "flagged": finding.flagged,
    }


def _bundle(assessment: Assessment) -> dict[str, str]:
    model = assessment.model
    return {"name": model.name, "version": model.version, "digest": model.digest}


def _unreadable(verdict: Verdict) -> bool:
    reason = verdict["reason"]
    return isinstance(reason, dict) and reason["code"] in UNREADABLE


def _show(verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        print(f"{verdict['file']}: {verdict['verdict']}, {_said(verdict)}")


def _said(verdict: Verdict) -> str:
    reason, findings = verdict["reason"], verdict["findings"]
    if isinstance(reason, dict):
        return f"{reason['code']}: {reason['sentence']}"
    if not isinstance(findings, list):
        return ""
    told = [f for f in findings if f["label"] in HEADS or f["tier"] != Tier.BELOW]
    words = [
        f"{f['label']} {f['probability']:.3f} (threshold {f['threshold']:.3f}, {f['tier']})"
        for f in told
    ]
    if rest := len(findings) - len(told):
        words.append(f"{rest} other findings below their thresholds")
    return ", ".join(words) + _noted(verdict)


def _noted(verdict: Verdict) -> str:
    notes = verdict["notes"]
    return f"; noted: {'; '.join(notes)}" if isinstance(notes, list) and notes else ""
