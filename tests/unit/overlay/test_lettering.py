from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from triage.domain.errors import ConfigurationError
from triage.overlay.lettering import Lettering

DEJAVU = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def test_a_line_of_text_is_one_and_a_half_ems_high_and_as_wide_as_its_letters() -> None:
    mask = Lettering().mask("film", 20)

    assert mask.shape[0] == 30
    assert mask.max() == 255
    assert 20 < mask.shape[1] < 60


def test_equal_texts_give_equal_masks_in_another_lettering_too() -> None:
    assert np.array_equal(Lettering().mask("film", 20), Lettering().mask("film", 20))


def test_a_mask_is_written_once() -> None:
    lettering = Lettering()

    assert lettering.mask("film", 20) is lettering.mask("film", 20)


def test_a_text_of_nothing_is_a_mask_of_nothing() -> None:
    assert not Lettering().mask("", 20).any()


def test_a_font_names_what_it_lacks_once_and_in_order() -> None:
    assert Lettering(DEJAVU).missing("a 王肿 b王\n") == "王肿"


def test_a_font_of_another_writing_lacks_nothing_of_it() -> None:
    assert Lettering(DEJAVU).missing("Grad-CAM Ωμέγα Ж") == ""
    assert Lettering().missing("Ω") == "Ω"


def test_control_characters_have_no_glyph() -> None:
    assert Lettering(DEJAVU).missing("a\x07") == "\x07"


@pytest.mark.parametrize("content", [b"", b"no font at all", b"OTTO" + bytes(60)])
def test_a_file_that_is_no_font_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "font.ttf").write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"picture.font .*font.ttf: no font with a face 0"):
        Lettering(tmp_path / "font.ttf")


def test_a_font_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"picture.font .*gone.ttf: No such file"):
        Lettering(tmp_path / "gone.ttf")


def test_a_face_that_a_font_has_not_is_refused_by_number() -> None:
    with pytest.raises(ConfigurationError, match="no font with a face 3"):
        Lettering(DEJAVU, face=3)
