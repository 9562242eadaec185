"""Questions about many values."""

from triage.database.parts import AT_ONCE, parts


def test_every_value_is_asked_for_once() -> None:
    values = [*range(2 * AT_ONCE + 1), 0, 1]

    asked = list(parts(values))

    assert [len(part) for part in asked] == [AT_ONCE, AT_ONCE, 1]
    assert [value for part in asked for value in part] == values[:-2]


def test_of_nothing_nothing_is_asked() -> None:
    assert list(parts([])) == []
