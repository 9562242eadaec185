from triage.domain.nesting import MOST_NESTED
from triage.receive.dataset import DEEPEST


def test_the_door_counts_a_sequence_and_its_item_and_has_the_same_limit() -> None:
    assert DEEPEST == 2 * MOST_NESTED
