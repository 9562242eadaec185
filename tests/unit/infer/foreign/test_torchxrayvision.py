import itertools

import pytest

from triage.domain.labels import CHESTXRAY14
from triage.infer.foreign.torchxrayvision import FILES, FILMS, OPERATING_POINTS, OUTPUTS


def test_there_are_18_outputs_and_the_14_findings_are_among_them() -> None:
    assert len(set(OUTPUTS)) == 18
    assert set(CHESTXRAY14) < set(OUTPUTS)


@pytest.mark.parametrize("weights", OPERATING_POINTS)
def test_operating_points_belong_to_outputs_and_lie_inside(weights: str) -> None:
    points = OPERATING_POINTS[weights]

    assert set(points) <= set(OUTPUTS)
    assert all(0 < point < 1 for point in points.values())


def test_all_weights_have_every_output() -> None:
    assert list(OPERATING_POINTS["all"]) == list(OUTPUTS)


def test_each_weights_name_its_file_and_its_films() -> None:
    assert FILES.keys() == FILMS.keys() == OPERATING_POINTS.keys()


def test_no_files_name_begins_as_another_does() -> None:
    names = sorted(FILES.values())

    assert not [one for one, next_ in itertools.pairwise(names) if next_.startswith(one)]
