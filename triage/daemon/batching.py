"""One network for the films of many threads: those that are ready together go through together."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

from triage.daemon.convoy import Convoy, Take
from triage.domain.assessment import Assessment, Refusal
from triage.domain.film import Film
from triage.infer.predictor import assessment_of

D = TypeVar("D")

WAIT_S = 0.02
"""How long the first film of a batch waits for others: less than one takes on two cores."""


class Network(Protocol[D]):
    """What answers for batches; ``infer.predictor.Predictor`` is one."""

    def drawn(self, film: Film) -> D:
        """Draw what the network sees of a film, in any thread."""

    def answers(self, drawn: Sequence[D]) -> list[Assessment | Refusal]:
        """Answer for each film, in one thread."""


@dataclass(slots=True)
class _Task(Generic[D]):
    drawn: list[D]
    answers: list[Assessment | Refusal] = field(default_factory=list)
    error: BaseException | None = None


class Batching(Generic[D]):
    """An assessor that many threads may ask at once.

    A batch that fails is asked again film by film, so that no film is blamed for another.

    Args:
        network: is asked in one thread of its own: another one would have workspaces of its own.
        most: so many callers can come at once; the wait ends when all are there.
        wait_s: the longest wait of the first one for others.
    """

    def __init__(self, network: Network[D], *, most: int, wait_s: float = WAIT_S) -> None:
        self._network = network
        self._most = most
        self._wait_s = wait_s
        self._arrival = threading.Condition()
        self._arrived = 0
        self._convoy = Convoy(self._lead, patience_s=threading.TIMEOUT_MAX)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="network")

    @property
    def waiting(self) -> int:
        """How many callers wait for the network."""
        return len(self._convoy)

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Assess films together with those of other callers.

        Raises:
            UnassessableFilm: the network gives no finite number for one of the films.
            Exception: what the network raises when it is asked for these films alone.
        """
        task = _Task([self._network.drawn(film) for film in films])
        with self._arrival:
            self._arrived += 1
            self._arrival.notify()
        self._convoy.join(task)
        if task.error is not None:
            raise task.error
        return [assessment_of(answer) for answer in task.answers]

    def _lead(self, take: Take[_Task[D]]) -> None:
        with self._arrival:
            self._arrival.wait_for(lambda: self._arrived >= self._most, self._wait_s)
        tasks = take()
        with self._arrival:
            self._arrived -= len(tasks)
        self._answer(tasks)
        if len(tasks) > 1:
            for task in tasks:
                if task.error is not None:
                    self._answer([task])

    def _answer(self, tasks: Sequence[_Task[D]]) -> None:
        """Let the network answer for all tasks; where it fails, all have the error."""
        asked = self._thread.submit(
            self._network.answers, [each for task in tasks for each in task.drawn]
        )
        error = asked.exception()
        answers = iter(asked.result() if error is None else ())
        for task in tasks:
            task.error = error
            task.answers = list(islice(answers, len(task.drawn)))
