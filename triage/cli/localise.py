"""``triage evaluate --boxes``: whether the heat maps find what radiologists boxed."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.cli.options import make_folder, print_json, with_progress
from triage.evaluate.boxed import found_on
from triage.evaluate.films import assess_films, open_route
from triage.evaluate.inquiry import Inquiry
from triage.evaluate.localisation_report import (
    SHEET,
    localisation_markdown,
    localisation_summary,
    plain_localisation,
)
from triage.evaluate.localisation_sheet import panels, save_sheet
from triage.evaluate.picks import not_drawn
from triage.settings import Settings
from triage.train.labels import film_path

_SIDE = 448


def localise(
    folder: Path,
    inquiry: Inquiry,
    *,
    to: Path,
    settings: Settings,
    bundle: Path | None,
    as_json: bool,
) -> None:
    """Assess the films of ``folder`` that have boxes, and write what their maps found."""
    boxed = inquiry.read()
    paths = [film_path(film, folder) for film in boxed.labels.films]
    route = open_route(settings, bundle)
    found = found_on(inquiry, boxed, assess_films(route, boxed.labels, with_progress(paths)))
    make_folder(to)
    content = json.dumps(plain_localisation(found), indent=2, ensure_ascii=False)
    (to / "localisation.json").write_text(content + "\n", encoding="utf-8")
    (to / "localisation.md").write_text(localisation_markdown(found), encoding="utf-8")

    def _picture(number: int) -> NDArray[np.float32]:
        path = film_path(found.films[number].name, folder)
        film = route.decoder.read(path, minimum_age_years=None)
        rows, columns = film.shape
        return film.render((min(rows, _SIDE), min(columns, _SIDE)))

    chosen = panels(found.located, found.films, boxed.boxes)
    save_sheet(to / SHEET, chosen, _picture, below=not_drawn(found.located))
    if as_json:
        print_json(plain_localisation(found))
    else:
        print(localisation_summary(found), to / "localisation.md", sep="\n")
