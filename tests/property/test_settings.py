"""Settings: an unknown key is refused with its path, whatever it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.errors import ConfigurationError
from triage.settings import Settings, load_settings

SECTIONS = sorted(Settings.model_fields)
KNOWN = {name for section in Settings().model_dump(by_alias=True).values() for name in section} | {
    "returns"
}

words = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12).filter(
    lambda word: word not in KNOWN and not word.endswith("_file") and word.strip("_") == word
)


@given(st.sampled_from(SECTIONS), words)
def test_an_unknown_key_is_refused_with_its_path(section: str, word: str) -> None:
    variable = f"TRIAGE_{section}__{word}".upper()

    with pytest.raises(ConfigurationError, match=f"settings: {section}.{word}: unknown key"):
        load_settings(None, environment={variable: "1"})


@given(words.filter(lambda word: word not in SECTIONS and "__" not in word))
def test_an_unknown_section_is_refused_with_its_name(word: str) -> None:
    with pytest.raises(ConfigurationError, match=f"settings: {word}: unknown key"):
        load_settings(None, environment={f"TRIAGE_{word.upper()}__KEY": "1"})


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_other_variables_change_nothing(environment: dict[str, str]) -> None:
    others = {name: value for name, value in environment.items() if "TRIAGE" not in name}

    assert load_settings(None, environment=others) == Settings()
