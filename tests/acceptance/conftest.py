"""The route with real parts: one network for the session, a PACS and a house for each test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sample_dicoms.make_samples import write_samples
from tests.builders.bundles import bundle_with_thresholds
from tests.builders.house import House, running_house
from tests.builders.pacs import Pacs, running_pacs
from triage.daemon.worker import Worker
from triage.pipeline import Route, build_route
from triage.receive.admission import Admission
from triage.receive.streaming import DataPhase
from triage.receive.visitor import Serving
from triage.settings import Settings, load_settings

EVERYBODY = Admission()
UNSCREENED = {"TRIAGE_SCREENING__PIXELS": "false"}
"""Most films of these tests are a few pixels large; what screening refuses has its own tests."""


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample films, taken today."""
    folder = tmp_path_factory.mktemp("samples")
    write_samples(folder, datetime.now(UTC).date())
    return folder


@pytest.fixture(scope="session")
def flagging_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights, with thresholds that every film reaches."""
    return bundle_with_thresholds(tmp_path_factory.mktemp("bundles") / "flagging", 0.0)


@pytest.fixture(scope="session")
def flagging_route(flagging_bundle: Path) -> Route:
    """The stations with a bundle that flags every film."""
    return build_route(
        load_settings(None, environment={"TRIAGE_MODEL__BUNDLE": str(flagging_bundle)} | UNSCREENED)
    )


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    """A PACS that stores everything."""
    with running_pacs() as running:
        yield running


@pytest.fixture
def settings(pacs: Pacs) -> Settings:
    """Everything as it comes, but results go to the PACS and a study is complete at once."""
    environment = {
        "TRIAGE_PACS__RETURN": "true",
        "TRIAGE_PACS__PORT": str(pacs.peer.port),
        "TRIAGE_COMPLETION__QUIET_S": "0",
    }
    return load_settings(None, environment=environment)


Compose = Callable[..., AbstractContextManager[House]]


@pytest.fixture
def compose(tmp_path: Path, database: Engine, flagging_route: Route, settings: Settings) -> Compose:
    """Compose a house, as it comes or with other settings, stations or parts."""

    def composed(
        *,
        chosen: Settings = settings,
        route: Route = flagging_route,
        allowed: Admission = EVERYBODY,
        data_phase: Serving = DataPhase,
        worker: Callable[..., Worker] = Worker,
    ) -> AbstractContextManager[House]:
        return running_house(
            tmp_path,
            engine=database,
            route=route,
            settings=chosen,
            allowed=allowed,
            data_phase=data_phase,
            worker=worker,
        )

    return composed


@pytest.fixture
def house(compose: Compose) -> Iterator[House]:
    """A house whose bundle flags every film and that returns to the PACS."""
    with compose() as running:
        yield running


@pytest.fixture
def calm_route(flagging_route: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """The stations with a bundle that flags no film."""
    folder = bundle_with_thresholds(tmp_path_factory.mktemp("bundles") / "calm", 1.0)
    route = build_route(
        load_settings(None, environment={"TRIAGE_MODEL__BUNDLE": str(folder)} | UNSCREENED)
    )
    return replace(flagging_route, assessor=route.assessor)
