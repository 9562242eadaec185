from pathlib import Path

import pytest
from pydantic import ConfigDict, ValidationError

from triage.domain.errors import ConfigurationError
from triage.settings import Settings, load_settings, to_json
from triage.settings.sections import Spool


def settings(toml: str, folder: Path, **environment: str) -> Settings:
    file = folder / "triage.toml"
    file.write_text(toml, encoding="utf-8")
    return load_settings(file, environment=environment)


def test_the_defaults_need_no_file() -> None:
    found = load_settings(None, environment={})

    assert (found.listener.ae_title, found.listener.host) == ("TRIAGE", "127.0.0.1")
    assert found.listener.port == 11112
    assert not found.pacs.returns


def test_a_file_overrides_the_defaults(tmp_path: Path) -> None:
    found = settings('[pacs]\nreturn = true\nae_title = "ORTHANC"', tmp_path)

    assert (found.pacs.returns, found.pacs.ae_title) == (True, "ORTHANC")
    assert found.pacs.port == 4242


def test_a_variable_overrides_the_file(tmp_path: Path) -> None:
    found = settings("[listener]\nport = 104", tmp_path, TRIAGE_LISTENER__PORT="11113")

    assert found.listener.port == 11113


def test_a_secrets_file_overrides_the_variable(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://db/secret\n", encoding="utf-8")

    found = load_settings(
        None,
        environment={
            "TRIAGE_DATABASE__URL_FILE": str(secret),
            "TRIAGE_DATABASE__URL": "postgresql://db/weaker",
        },
    )

    assert found.database_url == "postgresql://db/secret"


def test_a_secret_is_not_shown() -> None:
    found = load_settings(None, environment={"TRIAGE_DATABASE__URL": "postgresql://u:pw@db/t"})

    assert "pw" not in repr(found)


def test_the_children_are_given_the_secrets() -> None:
    found = load_settings(None, environment={"TRIAGE_DATABASE__URL": "postgresql://u:pw@db/t"})

    assert Settings.model_validate_json(to_json(found)) == found


def test_the_default_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    found = settings(f'[data]\nfolder = "{tmp_path}"', tmp_path)

    assert found.database_url == f"sqlite:///{tmp_path}/triage.sqlite3"


def test_the_allow_list_is_read_from_the_file(tmp_path: Path) -> None:
    toml = '[listener]\nhost = "0.0.0.0"\nallowed = [{ae_title = "CR1", host = "10.0.0.1"}]'

    found = settings(toml, tmp_path)

    assert [(peer.ae_title, peer.host) for peer in found.listener.allowed] == [("CR1", "10.0.0.1")]


def test_the_allow_list_is_read_from_a_variable() -> None:
    listed = '[{"ae_title": "CR1", "host": "10.0.0.1"}]'

    found = load_settings(None, environment={"TRIAGE_LISTENER__ALLOWED": listed})

    assert found.listener.allowed[0].ae_title == "CR1"


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "triage.hospital", ""])
def test_an_address_that_others_reach_needs_an_allow_list(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"listener: host .* is reached from outside"):
        settings(f'[listener]\nhost = "{host}"', tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_an_address_of_this_machine_needs_none(host: str, tmp_path: Path) -> None:
    found = settings(f'[listener]\nhost = "{host}"', tmp_path)

    assert found.listener.host == host


@pytest.mark.parametrize(
    ("toml", "path"),
    [
        ("[pacs]\nretrun = true", "pacs.retrun: unknown key"),
        ("[pcas]\nport = 1", "pcas: unknown key"),
        ("port = 1", "port: unknown key"),
        (
            '[[listener.allowed]]\nae_title = "A"\nhost = "10.0.0.1"\nport = 1',
            "listener.allowed.0.port",
        ),
        ("[pacs]\nport = 65536", "pacs.port: "),
        ('[pacs]\nae_title = "SEVENTEEN LETTERS"', "pacs.ae_title: "),
        ('[pacs]\nae_title = "BACK\\\\SLASH"', "pacs.ae_title: "),
        ('[picture]\ncolor_map = "rainbow"', "picture.color_map: "),
        ("[completion]\nquiet_s = -1", "completion.quiet_s: "),
        ("pacs = 3", "pacs: "),
    ],
)
def test_what_is_wrong_is_named_by_its_path(toml: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        settings(toml, tmp_path)

    assert f"settings: {path}" in str(refusal.value)


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"pacs\.port: .*; spool\.retain_days: "):
        settings("[pacs]\nport = -1\n[spool]\nretain_days = -1", tmp_path)


def test_an_unknown_variable_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"pacs\.prot: unknown key"):
        load_settings(None, environment={"TRIAGE_PACS__PROT": "104"})


def test_a_section_that_is_no_section_is_named_beside_a_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="pacs: "):
        settings("pacs = 3", tmp_path, TRIAGE_PACS__PORT="104")


def test_variables_of_others_are_not_looked_at() -> None:
    found = load_settings(
        None, environment={"PATH": "/bin", "TRIAGE_SETTINGS": "x", "OTHER__KEY": "1"}
    )

    assert found == Settings()


def test_an_allow_list_that_is_no_json_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"listener\.allowed: "):
        load_settings(None, environment={"TRIAGE_LISTENER__ALLOWED": "CR1@10.0.0.1"})


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"settings file .*triage\.toml"):
        settings("[pacs", tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="settings file"):
        load_settings(tmp_path / "gone.toml", environment={})


@pytest.mark.parametrize("contents", [None, b"\xff\xfe"])
def test_a_secrets_file_that_cannot_be_read_is_named(
    contents: bytes | None, tmp_path: Path
) -> None:
    secret = tmp_path / "url"
    secret.write_bytes(contents or b"")
    variable = {"TRIAGE_DATABASE__URL_FILE": str(secret if contents else tmp_path / "gone")}

    with pytest.raises(ConfigurationError, match="TRIAGE_DATABASE__URL_FILE"):
        load_settings(None, environment=variable)


def test_settings_do_not_change() -> None:
    found = load_settings(None, environment={})

    with pytest.raises(ValidationError, match="frozen"):
        found.pacs.port = 1


def test_chinese_needs_a_font(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"picture: language zh needs a font .* picture.fo"
    ):
        settings('[picture]\nlanguage = "zh"', tmp_path)

    assert settings('[picture]\nlanguage = "zh"\nfont = "a.ttf"', tmp_path).picture.font


@pytest.mark.parametrize("wrong", ["pages = 0", "pages = 4", "jpeg_quality = 49", "font_face = -1"])
def test_a_number_of_the_picture_that_is_out_of_range_is_refused(
    wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=wrong.split(" ", maxsplit=1)[0]):
        settings(f"[picture]\n{wrong}", tmp_path)


FURTHER = """
[pacs]
further = [
    { ae_title = "CHEST", host = "10.1.2.11", port = 104, labels = ["tumour"] },
    { ae_title = "RESEARCH", host = "10.1.2.12", port = 104, modalities = ["DX"] },
]
"""


@pytest.mark.parametrize(
    ("labels", "modality", "titles"),
    [
        (["tumour"], "CR", ["PACS", "CHEST"]),
        (["inflammation"], "CR", ["PACS"]),
        (["inflammation"], "DX", ["PACS", "RESEARCH"]),
        (["inflammation", "tumour"], "DX", ["PACS", "CHEST", "RESEARCH"]),
        (["inflammation"], None, ["PACS"]),
    ],
)
def test_a_further_destination_gets_what_its_rule_names(
    labels: list[str], modality: str | None, titles: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "triage.toml"
    file.write_text(FURTHER)

    pacs = load_settings(file, environment={}).pacs

    assert [peer.ae_title for peer in pacs.receivers(labels, modality)] == titles


def test_a_destination_that_is_named_twice_is_refused() -> None:
    twice = '[{"ae_title": "PACS", "host": "127.0.0.1", "port": 4242}]'

    with pytest.raises(ConfigurationError, match="names a destination twice"):
        load_settings(None, environment={"TRIAGE_PACS__FURTHER": twice})


def test_tls_to_a_destination_needs_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^settings: pacs\.tls needs tls\.certificate"):
        settings("[pacs]\ntls = true", tmp_path)


def test_a_certificate_alone_leaves_the_way_to_the_pacs_plain(tmp_path: Path) -> None:
    files = '[tls]\ncertificate = "c.pem"\nkey = "k.pem"\nauthorities = "a.pem"\n'

    found = [settings(files, tmp_path), settings(f"{files}[pacs]\ntls = true", tmp_path)]

    assert [each.pacs.tls for each in found] == [False, True]


class Careless(Spool):
    """A section that takes any key."""

    model_config = ConfigDict(extra="ignore")


def test_a_section_that_takes_any_key_would_be_noticed() -> None:
    misspelt = {"retian_days": 1}

    assert Careless.model_validate(misspelt).retain_days == 7
    with pytest.raises(ValidationError, match="retian_days"):
        Spool.model_validate(misspelt)
