"""``triage config check``."""

import typer

from triage.cli.options import SettingsFile, settings_from
from triage.infer.bundle import read_model, shipped_bundle
from triage.settings.tls import handshake_of, server_context
from triage.spool import private_folder

config = typer.Typer(help="Check the settings.", no_args_is_help=True)


@config.callback()
def _group() -> None:
    """Keep ``check`` a word of the command line, though it is the only one."""


@config.command()
def check(settings: SettingsFile = None) -> None:
    """Check the settings, and what they name, as ``triage serve`` does; begin nothing.

    What is wrong is named, with its path, and ends the command with 78.
    """
    choice = settings_from(settings)
    if choice.data.folder.exists():
        private_folder(choice.data.folder)
    tls = choice.tls
    if tls.certificate and tls.key and tls.authorities:
        server_context(certificate=tls.certificate, key=tls.key, authorities=tls.authorities)
    for destination in choice.called:
        handshake_of(choice, destination.peer)
    model = read_model(choice.model.bundle or shipped_bundle())
    print(f"settings are valid; model {model.name} {model.version} ({model.digest[:12]})")
