"""Every setting with its default and its limits, checked once and frozen."""

import ipaddress
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from triage.domain.errors import ConfigurationError
from triage.domain.study import Peer
from triage.settings.origin import from_environment, read_toml
from triage.settings.reports import Reports
from triage.settings.section import AETitle, Destination, Port, Section, listed
from triage.settings.worklist import Worklist


class Data(Section):
    """Where everything is kept: database, spool, results, lock."""

    folder: Path = Path.home() / ".local" / "share" / "triage"


class Database(Section):
    """Where the rows live: SQLite in the data folder unless ``url`` names PostgreSQL."""

    url: SecretStr | None = None


class AllowedPeer(Section):
    """A calling AE title, and the address or network (``10.1.2.0/24``) it must call from."""

    ae_title: AETitle
    host: str

    @field_validator("host")
    @classmethod
    def _numeric(cls, host: str) -> str:
        try:
            ipaddress.ip_network(host)
        except ValueError:
            raise ValueError(f"{host!r} is no address such as 10.1.2.3 or 10.1.2.0/24") from None
        return host


class Listener(Section):
    """The C-STORE listener; an address that others reach needs ``allowed``.

    With ``tls`` it speaks TLS where section ``tls`` names files.
    """

    ae_title: AETitle = "TRIAGE"
    host: str = "127.0.0.1"
    port: Port = 11112
    allowed: Annotated[tuple[AllowedPeer, ...], BeforeValidator(listed)] = ()
    called: Annotated[tuple[AETitle, ...], BeforeValidator(listed)] = ()
    tls: bool = True
    processes: int = Field(default=2, ge=1, le=64)
    data_phase: Literal["streaming", "pynetdicom"] = "streaming"
    association_timeout_s: float = Field(default=30.0, gt=0)
    idle_timeout_s: float = Field(default=60.0, gt=0)
    longest_queue: int = Field(default=10_000, ge=1)

    @model_validator(mode="after")
    def _closed_to_strangers(self) -> "Listener":
        if not self.allowed and not _is_loopback(self.host):
            raise ValueError(
                f"host {self.host} is reached from outside: list who may call in listener.allowed"
            )
        return self


class Completion(Section):
    """When a study is complete: released, and ``quiet_s`` without a film; or ``longest_wait_s``."""

    quiet_s: float = Field(default=2.0, ge=0)
    longest_wait_s: float = Field(default=60.0, gt=0)


class Screening(Section):
    """Which films are assessed; without ``pixels`` only the header is asked, for phantoms."""

    minimum_age_years: int = Field(default=18, ge=0)
    pixels: bool = True


class ModelChoice(Section):
    """The bundle to assess with, the shipped one unless ``bundle`` names a folder; and by what."""

    bundle: Path | None = None
    engine: Literal["torch", "openvino"] = "torch"


class Picture(Section):
    """How a result looks; a change gives new SOP Instance UIDs."""

    color_map: Literal["inferno", "jet"] = "inferno"
    opacity: float = Field(default=0.45, gt=0, le=1)
    visible_from: float = Field(default=0.25, gt=0, lt=1)
    long_side: int = Field(default=1536, ge=768, le=4096)
    pages: int = Field(default=1, ge=1, le=3)
    language: Literal["en", "zh"] = "en"
    font: Path | None = None
    font_face: int = Field(default=0, ge=0)
    compression: Literal["none", "jpeg"] = "none"
    jpeg_quality: int = Field(default=90, ge=50, le=100)

    @model_validator(mode="after")
    def _legible(self) -> "Picture":
        if self.language == "zh" and self.font is None:
            raise ValueError("language zh needs a font that has Chinese glyphs: set picture.font")
        return self


class Worker(Section):
    """How patiently a study is tried: its lease, its failures, the workers that died on it."""

    lease_s: float = Field(default=30.0, gt=0)
    most_failures: int = Field(default=3, ge=1)
    most_deaths: int = Field(default=5, ge=1)


class FurtherDestination(Destination):
    """Gets what is flagged by one of its labels, of one of its modalities; none is no condition."""

    labels: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()

    def wants(self, labels: Collection[str], modality: str | None) -> bool:
        """Tell whether a film with these flagged labels goes there too."""
        labelled = not self.labels or any(label in self.labels for label in labels)
        return labelled and (not self.modalities or modality in self.modalities)


class Pacs(Destination):
    """Where results go; ``return = false`` is shadow mode: assess, store, send nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    ae_title: AETitle = "PACS"
    host: str = "127.0.0.1"
    port: Port = 4242
    further: Annotated[tuple[FurtherDestination, ...], BeforeValidator(listed)] = ()
    returns: bool = Field(default=False, alias="return")
    return_max_age_days: int = Field(default=30, ge=0)
    timeout_s: float = Field(default=30.0, gt=0)
    proof: Literal["auto", "commitment", "query", "none"] = "auto"
    proof_within_s: float = Field(default=3600.0, gt=0)
    late_after_s: float = Field(default=3600.0, gt=0)

    @model_validator(mode="after")
    def _each_once(self) -> "Pacs":
        peers = [str(peer) for peer in self.peers]
        if len(set(peers)) < len(peers):
            raise ValueError(f"further names a destination twice: {', '.join(sorted(peers))}")
        return self

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Every destination, the PACS first."""
        return (self, *self.further)

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The same as the rest of the house knows them."""
        return tuple(each.peer for each in self.destinations)

    def serves(self, destination: str) -> bool:
        """Tell whether results for it are taken anywhere; an only destination gets those of all."""
        return not self.further or destination in map(str, self.peers)

    def receivers(self, labels: Collection[str], modality: str | None) -> tuple[Peer, ...]:
        """Return to whom a film with these flagged labels goes: to the PACS always."""
        return (self.peer, *(one.peer for one in self.further if one.wants(labels, modality)))


class Spool(Section):
    """How long the files of finished studies are kept, and how much of the disk stays free."""

    retain_days: float = Field(default=7.0, ge=0)
    reserve_gb: float = Field(default=2.0, ge=0)


class Tls(Section):
    """Own certificate, its key, and whose certificates are trusted."""

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Tls":
        given = [self.certificate, self.key, self.authorities]
        if any(given) and not all(given):
            raise ValueError("certificate, key and authorities belong together")
        return self


class Settings(Section):
    """Everything that a site may set; the defaults run on one machine with no file at all."""

    data: Data = Field(default_factory=Data)
    database: Database = Field(default_factory=Database)
    listener: Listener = Field(default_factory=Listener)
    tls: Tls = Field(default_factory=Tls)
    completion: Completion = Field(default_factory=Completion)
    screening: Screening = Field(default_factory=Screening)
    model: ModelChoice = Field(default_factory=ModelChoice)
    picture: Picture = Field(default_factory=Picture)
    worker: Worker = Field(default_factory=Worker)
    pacs: Pacs = Field(default_factory=Pacs)
    spool: Spool = Field(default_factory=Spool)
    reports: Reports = Field(default_factory=Reports)
    worklist: Worklist = Field(default_factory=Worklist, validate_default=True)

    @field_validator("worklist")
    @classmethod
    def _in_the_sites_zone(cls, worklist: Worklist, told: ValidationInfo) -> Worklist:
        """Give the night the time zone of the reports; they are validated before it."""
        reports = told.data.get("reports")
        if worklist.time_zone is not None or reports is None:
            return worklist
        return worklist.model_copy(update={"time_zone": reports.time_zone})

    @model_validator(mode="after")
    def _certified(self) -> "Settings":
        if self.tls.certificate is None and any(each.tls for each in self.called):
            raise ValueError("pacs.tls needs tls.certificate, tls.key and tls.authorities")
        return self

    @property
    def called(self) -> tuple[Destination, ...]:
        """Everybody whom we call."""
        others = (self.worklist.pacs, self.worklist.mwl)
        return (*self.pacs.destinations, *(each for each in others if each is not None))

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite:///{self.data.folder / 'triage.sqlite3'}"


def load_settings(file: Path | None, *, environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        file: the TOML file, or ``None`` for the defaults and the environment alone.
        environment: the process' environment; only ``TRIAGE_SECTION__KEY`` is looked at.

    Raises:
        ConfigurationError: a file that cannot be read, an unknown key, or a wrong value; the
            message names each key by its path.
    """
    values = {} if file is None else read_toml(file)
    for section, keys in from_environment(environment).items():
        written = values.get(section, {})
        values[section] = {**written, **keys} if isinstance(written, dict) else written
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [_line(problem["loc"], problem["msg"]) for problem in error.errors()]
        raise ConfigurationError("settings: " + "; ".join(lines)) from None


def to_json(settings: Settings) -> str:
    """Write all settings, the secret ones too, for another process of this daemon alone."""
    values = settings.model_dump(mode="json", by_alias=True)
    values["database"]["url"] = settings.database_url
    return json.dumps(values)


def _line(location: tuple[int | str, ...], message: str) -> str:
    path = ".".join(str(part) for part in location)
    known = message.replace("Extra inputs are not permitted", "unknown key")
    sentence = known.removeprefix("Value error, ")
    return f"{path}: {sentence}" if path else sentence


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
