import pytest

from triage.domain.marked_box import NIH, RSNA, MarkedBox, marked_box, written_boxes


def test_cells_hold_boxes_with_or_without_their_finding() -> None:
    row = {"nih_boxes": "Mass 0 0 1 1;Nodule 2 2 3 3", "rsna_boxes": "4 4 5 5", "file": "a"}

    assert [(source, label) for source, label, _ in written_boxes(row)] == [
        (NIH, "Mass"),
        (NIH, "Nodule"),
        (RSNA, "Lung Opacity"),
    ]


def test_pixels_of_the_original_become_fractions() -> None:
    box = marked_box(["0", "256", "512", "768"], source=NIH, label="Infiltrate")

    assert box == MarkedBox(NIH, "Infiltration", 0.0, 0.25, 0.5, 0.75)


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("1 2 3", "four numbers"),
        ("1 2 3 many", "four numbers"),
        ("1 2 0 4", "above 0"),
        ("-1 2 3 4", "within"),
        ("1 2 1024 4", "within"),
        ("nan 2 3 4", "above 0|within"),
    ],
)
def test_what_is_no_box_is_refused(words: str, limit: str) -> None:
    with pytest.raises(ValueError, match=limit):
        marked_box(words.split(), source=NIH, label="Mass")
