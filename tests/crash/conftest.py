"""The fixtures of the route serve here too."""

from tests.acceptance.conftest import (
    compose,
    flagging_bundle,
    flagging_route,
    house,
    pacs,
    samples,
    settings,
)

__all__ = ["compose", "flagging_bundle", "flagging_route", "house", "pacs", "samples", "settings"]
