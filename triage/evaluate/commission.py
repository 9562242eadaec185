"""From what a person asks of calibration, and assessed films, to the new bundle's card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.domain.errors import UnusableList
from triage.evaluate.bootstrap import Draws, draw
from triage.evaluate.cards import calibrated, flagging, labels_named, line_of
from triage.evaluate.cases import Cases, Question, join
from triage.evaluate.films import Assessed
from triage.evaluate.labels import Choice, Labels, read_labels
from triage.evaluate.listing import Listing
from triage.evaluate.recalibration import Order, Recalibration, recalibrate
from triage.infer.card import Card, Description, Label


@dataclass(frozen=True, slots=True)
class Subject:
    """A bundle's card, those of its labels that are calibrated, and what is known of films."""

    card: Card
    labels: tuple[Label, ...]
    known: Labels


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What calibration comes to.

    Args:
        cases: the films.
        found: one for each label that was calibrated.
        kept: why each of the others stays as it was, by name.
        description: the new card without its digests.
    """

    cases: Cases
    found: tuple[Recalibration, ...]
    kept: Mapping[str, str]
    description: Description


@dataclass(frozen=True, slots=True)
class Commission:
    """What a person asks.

    Args:
        lists: of labels; the first says which films there are.
        only: column and value that rows of it must have.
        names: labels to calibrate; if none, all that the files answer.
        flags: labels among them that flag films from now on.
        order: what to do with each.
        version: of the new bundle; ``None`` for the old one's with a word after it.
        draws: of patients.
    """

    lists: tuple[Listing, ...]
    only: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    flags: tuple[str, ...]
    order: Order
    version: str | None
    draws: int

    def subject(self, card: Card) -> Subject:
        """Read the labels of the films, before any film is assessed.

        Raises:
            UnusableList: a label is not in the bundle or in no file, an urgent threshold is wished
                for a label that does not flag, or a list is wrong.
        """
        wanted = labels_named(card, self.names)
        names = frozenset(label.name for label in wanted)
        known = read_labels(self.lists, Choice(self.only, truths=names))
        answered = tuple(label for label in wanted if label.name in known.truths)
        self._refuse_unanswered(wanted, answered)
        urgent = self.order.urgent is not None
        chosen = tuple(flagging(label, self.flags, urgent=urgent) for label in answered)
        return Subject(card, chosen, known)

    def carried_out(self, subject: Subject, assessed: Assessed) -> Done:
        """Calibrate the labels that can be; the others stay as they are.

        Args:
            subject: of this commission.
            assessed: its films, by ``cards.bare_route``.

        Raises:
            UnusableList: as ``recalibrate`` of every label; or predictions and labels do not fit
                together.
        """
        cases = join(assessed.predictions, subject.known)
        draws = draw(cases.patients, count=self.draws, seed=self.order.seed)
        outcomes = {each.name: self._outcome(each, cases, draws) for each in subject.labels}
        found = tuple(each for each in outcomes.values() if isinstance(each, Recalibration))
        kept = {name: each for name, each in outcomes.items() if isinstance(each, str)}
        if not found:
            raise UnusableList("; ".join(kept.values()))
        labels = tuple(label for label in subject.labels if label.name not in kept)
        version = self.version or f"{subject.card.version}-calibrated"
        new = calibrated(subject.card, labels, found, version=version, peaks=assessed.peaks)
        return Done(cases, found, kept, new)

    def _outcome(self, label: Label, cases: Cases, draws: Draws) -> Recalibration | str:
        """Calibrate a label, or say why that cannot be."""
        answers = cases.answers(Question(label.name, label.name))
        try:
            return recalibrate(label.name, answers, self.order, old=line_of(label), draws=draws)
        except UnusableList as error:
            return str(error)

    def _refuse_unanswered(self, wanted: Sequence[Label], answered: Sequence[Label]) -> None:
        there = [label.name for label in answered]
        lacking = [name for name in (*self.names, *self.flags) if name not in there]
        if lacking:
            raise UnusableList(
                f"label {lacking[0]}: not among those that are calibrated and that the label files"
                f" answer, {', '.join(there) or 'none'}"
            )
        if not answered:
            names = ", ".join(label.name for label in wanted)
            raise UnusableList(
                f"the label files answer 0 of the bundle's labels {names}: at least 1"
            )
