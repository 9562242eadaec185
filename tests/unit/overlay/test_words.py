from dataclasses import fields, replace

import pytest

from triage.domain.assessment import Tier
from triage.domain.labels import LABELS
from triage.overlay.words import TITLE, WORDS, Language, Words

LANGUAGES = pytest.mark.parametrize("language", Language)


@LANGUAGES
def test_every_language_names_every_tier(language: Language) -> None:
    assert set(WORDS[language].tiers) == set(Tier)


@LANGUAGES
def test_every_language_fills_the_same_blanks(language: Language) -> None:
    filled = {"product": "P", "name": "N", "version": "V", "digest": "D", "page": 1, "pages": 2}
    filled |= {"label": "L", "visible": "0.25"}
    english, words = WORDS[Language.ENGLISH], WORDS[language]

    texts = [name for f in fields(Words) if isinstance(getattr(words, name := f.name), str)]

    for name in texts:
        blanks = {key for key in filled if f"{{{key}}}" in getattr(english, name)}
        assert {key for key in filled if f"{{{key}}}" in getattr(words, name)} == blanks
        assert "{" not in getattr(words, name).format(**filled)


def test_chinese_names_every_finding_that_is_trained_for() -> None:
    names = [WORDS[Language.CHINESE].name(label) for label in LABELS]

    assert all(ord(name[0]) > 0x2E80 for name in names)
    assert len(set(names)) == len(LABELS)


def test_a_finding_of_anothers_is_named_as_its_bundle_names_it() -> None:
    assert WORDS[Language.CHINESE].name("Lung_Lesion") == "Lung Lesion"


@LANGUAGES
def test_the_title_is_among_the_letters_of_every_language(language: Language) -> None:
    assert set(TITLE) <= set(WORDS[language].letters)


def test_the_letters_are_those_of_every_sentence_table_and_name() -> None:
    words = replace(WORDS[Language.ENGLISH], subtitle="ä", columns=("ö",) * 4, labels={"x": "ü"})

    assert set("äöü") <= set(words.letters)
