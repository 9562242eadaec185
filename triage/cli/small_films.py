"""The films of a reading list, small: each alone, and with the map of its finding."""

from collections.abc import Mapping
from pathlib import Path

from triage.cli.options import with_progress
from triage.cli.reading_page import SmallFilm
from triage.database.reading_list import ShownFilm
from triage.decode.guard import Guard
from triage.domain.errors import UnassessableFilm
from triage.overlay.appearance import Appearance, ColorMap
from triage.overlay.miniature import miniature
from triage.overlay.thumbnail import thumbnail
from triage.settings import Picture

LONG_SIDE = 240


def draw_small(
    films: Mapping[str, ShownFilm], files: Mapping[str, Path], choice: Picture
) -> dict[str, SmallFilm]:
    """Draw films, each once.

    Args:
        films: by study UID.
        files: where the spool keeps each, or kept it, by study UID.
        choice: how the captures look.
    """
    guard, appearance = Guard(), _appearance(choice)
    drawn = {}
    for study in with_progress([*films], "draw"):
        drawn[study] = _small(guard, files[study], films[study], appearance)
    return drawn


def _small(guard: Guard, file: Path, shown: ShownFilm, appearance: Appearance) -> SmallFilm:
    if not file.exists():
        return SmallFilm(missing="film no longer kept")
    try:
        film = guard.read(file, minimum_age_years=None)
    except UnassessableFilm as error:
        return SmallFilm(missing=f"no picture: {error.refusal.code}")
    alone = thumbnail(film, long_side=LONG_SIDE)
    if shown.heat is None:
        return SmallFilm(alone)
    overlay = miniature(film, shown.heat, appearance=appearance, long_side=LONG_SIDE)
    return SmallFilm(alone, overlay, missing="" if overlay else "no localisation")


def _appearance(choice: Picture) -> Appearance:
    return Appearance(
        color_map=ColorMap(choice.color_map),
        opacity=choice.opacity,
        visible_from=choice.visible_from,
    )
