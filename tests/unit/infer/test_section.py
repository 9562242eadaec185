from pathlib import Path

import pytest

from triage.domain.errors import ConfigurationError
from triage.infer.section import Section, card_text, read_section


class Inner(Section):
    share: float


class Outer(Section):
    name: str
    one: Inner
    many: tuple[Inner, ...]
    absent: Inner | None = None


MADE = Outer(name='a "b" é', one=Inner(share=0.5), many=(Inner(share=1), Inner(share=2)))


def test_tables_within_tables_read_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "made.toml"
    path.write_text(card_text(MADE), encoding="utf-8")

    assert read_section(path, Outer) == MADE
    assert "absent" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("share = 0.5\nother = 1", "other 1"),
        ("share = 'much'", "share 'much'"),
        ("=", "no valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=rf"wrong\.toml: {sentence}"):
        read_section(path, Inner)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        read_section(tmp_path / "nowhere.toml", Inner)
