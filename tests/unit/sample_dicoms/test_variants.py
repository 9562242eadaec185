from pathlib import Path

import numpy as np
from PIL import Image

from sample_dicoms.variants import write_variants


def test_variants_are_sorted_by_what_the_screener_must_say(tmp_path: Path) -> None:
    made = write_variants(tmp_path, chests=3, others=2)

    kinds = [str(path.relative_to(tmp_path)).rsplit("-", 1)[0] for path in made]
    assert sorted(kinds) == [
        *["accepted/chest"] * 3,
        *["refused/hand"] * 2,
        *["refused/lateral"] * 2,
    ]


def test_variants_repeat_and_differ_from_each_other(tmp_path: Path) -> None:
    first, second = (
        [
            np.asarray(Image.open(path))
            for path in write_variants(tmp_path / name, chests=4, others=1)
        ]
        for name in ("one", "two")
    )

    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert len({film.tobytes() for film in first}) == len(first)
