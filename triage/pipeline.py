"""The sentence of the product, written once: decode, infer, overlay, encode."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import Protocol

from triage.decode.guard import Guard
from triage.decode.picture import is_picture
from triage.domain.assessment import Assessment
from triage.domain.film import BURNT_IN_TEXT, Film
from triage.encode.secondary_capture import Capture, encode_capture
from triage.infer.bundle import Bundle, load_bundle, shipped_bundle
from triage.infer.predictor import Predictor, keep_quiet
from triage.infer.screener import load_screener, shipped_screener
from triage.infer.screening import Screening
from triage.infer.seat import Engine
from triage.overlay.appearance import Appearance, ColorMap
from triage.overlay.compression import to_jpeg
from triage.overlay.lettering import Lettering
from triage.overlay.page import count_pages, draw
from triage.overlay.pen import Picture
from triage.overlay.words import Language
from triage.settings import Picture as PictureSettings
from triage.settings import Settings


class Assessor(Protocol):
    """What assesses films; ``infer.predictor.Predictor`` is one."""

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Assess films, in their order."""


class Decoder(Protocol):
    """What makes films of files; ``decode.guard.Guard`` is one."""

    def read(self, path: Path, *, minimum_age_years: int | None = 18) -> Film:
        """Read a film from a DICOM, PNG or JPEG file."""

    def same_pixels(self, first: Path, second: Path) -> bool:
        """Tell whether two files carry the same pixels."""


@dataclass(frozen=True, slots=True)
class AssessedFilm:
    """A film with all that is said of it, and the seconds that each station took."""

    film: Film
    assessment: Assessment
    decode_s: float
    screen_s: float
    infer_s: float


@dataclass(frozen=True, slots=True)
class ComposedFilm:
    """An assessed film's object for the PACS, and the seconds that it took to make it."""

    capture: Capture
    overlay_s: float
    encode_s: float


def never() -> bool:
    """Say no."""
    return False


@dataclass(frozen=True, slots=True)
class Route:
    """The stations between spool and outbox, for one bundle and one appearance.

    ``device_lost`` tells whether the device that computes failed, and another process may have
    it again.
    """

    decoder: Decoder
    screening: Screening | None
    assessor: Assessor
    appearance: Appearance
    minimum_age_years: int
    device_lost: Callable[[], bool] = never

    def assess(self, path: Path) -> AssessedFilm:
        """Assess one film from a DICOM, PNG or JPEG file.

        Raises:
            UnassessableFilm: the film cannot or must not be assessed.
        """
        begin = perf_counter()
        read = self.decoder.read(path, minimum_age_years=self.minimum_age_years)
        decoded = perf_counter()
        film = self._screened(read)
        screened = perf_counter()
        assessment = self.assessor.assess([film])[0]
        inferred = perf_counter()
        return AssessedFilm(
            film, assessment, decoded - begin, screened - decoded, inferred - screened
        )

    def _screened(self, film: Film) -> Film:
        """Ask what the pixels show; where a site has switched that off, every film says so."""
        if self.screening is None:
            return replace(film, notes=(*film.notes, "pixels not screened"))
        self.screening.screen(film)
        return film

    def pages(self, assessed: AssessedFilm) -> range:
        """Number the pages of an assessed film, from 1."""
        return range(1, 1 + count_pages(assessed.assessment, appearance=self.appearance))

    def picture(self, assessed: AssessedFilm, page: int = 1) -> Picture:
        """Draw a page of an assessed film: ``uint8`` (rows, columns, 3), RGB, with its panel."""
        return draw(assessed.film, assessed.assessment, appearance=self.appearance, page=page)

    def compose(
        self, path: Path, assessed: AssessedFilm, *, received_at: datetime | None, page: int = 1
    ) -> ComposedFilm:
        """Make the Secondary Capture of a page of an assessed DICOM film.

        Raises:
            DeliveryParked: the source has no identity that a PACS could file it under.
        """
        begin = perf_counter()
        picture, quality = self.picture(assessed, page), self.appearance.jpeg_quality
        drawn = perf_counter()
        capture = encode_capture(
            path,
            picture,
            assessment=assessed.assessment,
            appearance_digest=self.appearance.digest,
            received_at=received_at,
            lettered=BURNT_IN_TEXT in assessed.film.notes,
            page=page,
            jpeg=None if quality is None else to_jpeg(picture, quality=quality),
        )
        return ComposedFilm(capture, drawn - begin, perf_counter() - drawn)


def alone(predictor: Predictor) -> Assessor:
    """Leave a predictor to one thread."""
    return predictor


def build_route(
    settings: Settings,
    *,
    tell: Callable[[str], None] = keep_quiet,
    shared: Callable[[Predictor], Assessor] = alone,
) -> Route:
    """Compose the stations as the settings say; the bundle is loaded and proven here.

    Args:
        settings: of the whole daemon.
        tell: is given a sentence when the device that computes fails, and the CPU goes on.
        shared: makes of the predictor what several threads may ask at once.

    Raises:
        ConfigurationError: the bundle or the screener is refused, or the font lacks a letter.
    """
    bundle = load_bundle(settings.model.bundle or shipped_bundle())
    predictor = Predictor(bundle, engine=Engine(settings.model.engine), tell=tell)
    return Route(
        decoder=Guard(),
        screening=_screening() if settings.screening.pixels else None,
        assessor=shared(predictor),
        appearance=_appearance(settings.picture, bundle),
        minimum_age_years=settings.screening.minimum_age_years,
        device_lost=lambda: predictor.device_lost,
    )


def _appearance(choice: PictureSettings, bundle: Bundle) -> Appearance:
    """Take the picture's settings, and prove that its font has every letter of the bundle's."""
    appearance = Appearance(
        color_map=ColorMap(choice.color_map),
        opacity=choice.opacity,
        visible_from=choice.visible_from,
        long_side=choice.long_side,
        pages=choice.pages,
        language=Language(choice.language),
        lettering=Lettering(choice.font, face=choice.font_face),
        jpeg_quality=choice.jpeg_quality if choice.compression == "jpeg" else None,
    )
    labels = (label.name for label in bundle.card.labels)
    appearance.require_glyphs((bundle.model.name, bundle.model.version, *labels))
    return appearance


def _screening() -> Screening:
    return Screening(load_screener(shipped_screener()).judge)


def is_picture_file(path: Path) -> bool:
    """Tell a PNG or JPEG from a DICOM file, by content."""
    with path.open("rb") as file:
        return is_picture(file.read(132))


def too_old(study_date: str, *, today: date, most_days: int) -> bool:
    """Tell whether a study is older than so many days; an unreadable date is not.

    >>> too_old("20240101", today=date(2024, 3, 1), most_days=30)
    True
    """
    try:
        taken = date.fromisoformat(study_date)
    except ValueError:
        return False
    return (today - taken).days > most_days
