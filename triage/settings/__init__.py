"""Settings from one TOML file and the environment, checked once and frozen.

Precedence, weakest first: the defaults, the TOML file, ``TRIAGE_SECTION__KEY`` variables,
``TRIAGE_SECTION__KEY_FILE`` variables, which name a file that holds the value.
"""

from triage.settings.sections import (
    AllowedPeer,
    Pacs,
    Picture,
    Settings,
    Tls,
    load_settings,
    to_json,
)
from triage.settings.worklist import Worklist

__all__ = [
    "AllowedPeer",
    "Pacs",
    "Picture",
    "Settings",
    "Tls",
    "Worklist",
    "load_settings",
    "to_json",
]
