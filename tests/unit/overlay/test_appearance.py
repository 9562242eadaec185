from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from tests.unit.overlay.scenes import TUMOUR, assess, film
from triage.domain.errors import ConfigurationError
from triage.domain.labels import LABELS
from triage.overlay.appearance import Appearance, ColorMap
from triage.overlay.lettering import Lettering
from triage.overlay.page import draw
from triage.overlay.words import Language

CHINESE = [
    path
    for path in (
        Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
        Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    )
    if path.exists()
]
needs_chinese = pytest.mark.skipif(
    not CHINESE, reason="NOT INSTALLED: fonts-noto-cjk or fonts-wqy-microhei"
)
FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"


def test_the_digest_of_the_shipped_appearance_has_not_changed() -> None:
    assert Appearance().digest == "c895f0a2ed0f19cc78d7f3bb0c5eba8cdfbb310b5ed9e07c47df3b32d55f4402"


@pytest.mark.parametrize(
    "other",
    [
        Appearance(color_map=ColorMap.JET),
        Appearance(opacity=0.5),
        Appearance(visible_from=0.3),
        Appearance(long_side=None),
        Appearance(pages=2),
        Appearance(lettering=Lettering(FONTS / "DejaVuSans.ttf")),
    ],
    ids=["color_map", "opacity", "visible_from", "long_side", "pages", "font"],
)
def test_every_setting_changes_digest_and_picture(other: Appearance) -> None:
    second = replace(TUMOUR, label="inflammation")
    shape, assessment = (1600, 1200), assess(TUMOUR, second, weights=np.linspace(0, 1, 7))
    first = draw(film(*shape), assessment, appearance=Appearance())

    assert other.digest != Appearance().digest
    assert not np.array_equal(draw(film(*shape), assessment, appearance=other), first)


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("opacity", partial(Appearance, opacity=0.0)),
        ("opacity", partial(Appearance, opacity=1.1)),
        ("visible_from", partial(Appearance, visible_from=0.0)),
        ("visible_from", partial(Appearance, visible_from=1.0)),
        ("long_side", partial(Appearance, long_side=767)),
        ("pages", partial(Appearance, pages=0)),
        ("pages", partial(Appearance, pages=4)),
        ("jpeg_quality", partial(Appearance, jpeg_quality=0)),
        ("jpeg_quality", partial(Appearance, jpeg_quality=101)),
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(
    setting: str, wrong: Callable[[], Appearance]
) -> None:
    with pytest.raises(ValueError, match=setting):
        wrong()


def test_the_quality_of_a_jpeg_changes_the_digest() -> None:
    digests = {Appearance(jpeg_quality=quality).digest for quality in (None, 80, 90)}

    assert len(digests) == 3


def test_the_digest_follows_the_bytes_of_the_font_and_its_face(tmp_path: Path) -> None:
    content = (FONTS / "DejaVuSans.ttf").read_bytes()
    (tmp_path / "same.ttf").write_bytes(content)
    (tmp_path / "other.ttf").write_bytes(content + b"\0")

    plain = Appearance(lettering=Lettering(FONTS / "DejaVuSans.ttf")).digest

    assert Appearance(lettering=Lettering(tmp_path / "same.ttf")).digest == plain
    assert Appearance(lettering=Lettering(tmp_path / "other.ttf")).digest != plain


def test_the_built_in_font_has_every_letter_of_english() -> None:
    Appearance().require_glyphs(["two-heads", "1.2", "tumour", "Pleural_Thickening"])


def test_a_language_whose_letters_the_font_lacks_is_refused_by_name() -> None:
    chinese = Appearance(
        language=Language.CHINESE, lettering=Lettering(FONTS / "DejaVuSans.ttf", face=0)
    )

    with pytest.raises(ConfigurationError, match=r"DejaVuSans.ttf, face 0, has no glyph for") as no:
        chinese.require_glyphs([])

    assert "人 (U+4EBA), 工 (U+5DE5)" in str(no.value)
    assert "language zh" in str(no.value)


def test_a_name_whose_letters_the_font_lacks_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"the built-in font has no glyph for 瘤 \(U\+7624"
    ):
        Appearance().require_glyphs(["two-heads", "瘤"])


def test_a_finding_that_the_language_names_needs_no_letters_of_the_bundles() -> None:
    with pytest.raises(ConfigurationError) as no:
        Appearance(language=Language.CHINESE).require_glyphs(["tumour", "Ωmega"])

    assert Appearance(language=Language.CHINESE).words.name("tumour") == "肿瘤"
    assert "Ω" not in str(no.value)  # named after what the language itself lacks


@needs_chinese
@pytest.mark.parametrize("font", CHINESE, ids=lambda font: font.stem)
def test_a_chinese_font_has_every_letter_and_writes_them_all_differently(font: Path) -> None:
    lettering = Lettering(font)
    chinese = Appearance(language=Language.CHINESE, lettering=lettering)

    chinese.require_glyphs(["two-heads", "1.2", *LABELS])

    han = {letter for letter in chinese.words.letters if letter > "\u4e00"}
    assert len({lettering.mask(letter, 40).tobytes() for letter in han}) == len(han)


@needs_chinese
def test_the_language_changes_digest_and_panel_but_never_the_film() -> None:
    english = Appearance(lettering=Lettering(CHINESE[0]))
    chinese = replace(english, language=Language.CHINESE)

    first, second = (
        draw(film(768, 600), assess(TUMOUR), appearance=appearance)
        for appearance in (english, chinese)
    )

    assert english.digest != chinese.digest
    assert np.array_equal(first[:768, :600], second[:768, :600])
    assert not np.array_equal(first[:768, 600:], second[:768, 600:])
