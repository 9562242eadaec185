"""What every section of the settings is made of."""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from triage.domain.study import Peer

AETitle = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[\x21-\x5b\x5d-\x7e ]+$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A section of the settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Destination(Section):
    """An application entity that we call, over TLS where ``tls`` says so."""

    ae_title: AETitle
    host: str
    port: Port
    tls: bool = False
    tls_name: str | None = Field(default=None, min_length=1)

    @property
    def peer(self) -> Peer:
        """The destination as the rest of the house knows it."""
        return Peer(self.ae_title, self.host, self.port)


def listed(value: object) -> object:
    """Read what the environment gives as text: JSON."""
    return json.loads(value) if isinstance(value, str) else value
