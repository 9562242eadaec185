from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from tests.unit.overlay.scenes import APPEARANCE, TUMOUR, assess, film
from triage.overlay.compression import save_png, to_jpeg
from triage.overlay.page import draw


def test_a_png_has_the_pixels_and_no_metadata(tmp_path: Path) -> None:
    picture = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    save_png(picture, tmp_path / "overlay.png")

    with Image.open(tmp_path / "overlay.png") as image:
        assert np.array_equal(np.asarray(image), picture)
        assert image.info == {}


def test_a_jpeg_is_a_baseline_stream_with_halved_columns_of_chroma() -> None:
    picture = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    codestream = to_jpeg(picture, quality=90)

    frame = codestream.index(b"\xff\xc0")
    components = codestream[frame + 10 : frame + 19]
    assert components[1::3].hex() == "211111"
    with Image.open(BytesIO(codestream)) as image:
        assert np.abs(np.asarray(image).astype(int) - picture).mean() < 2


def test_equal_pictures_give_equal_codestreams() -> None:
    picture = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    assert to_jpeg(picture, quality=90) == to_jpeg(picture.copy(), quality=90)


def test_a_better_quality_is_nearer_and_larger() -> None:
    picture = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    assert len(to_jpeg(picture, quality=95)) > len(to_jpeg(picture, quality=60))
