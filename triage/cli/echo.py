"""``triage echo PEER``."""

from dataclasses import asdict

from triage.cli.options import AsJson, SettingsFile, print_json, settings_from
from triage.cli.peers import PeerName, WithTls, cases
from triage.daemon.doctor import echo as verify
from triage.daemon.examination import Step, Verdict, Visit

EX_UNAVAILABLE = 69


def echo(
    peer: PeerName, tls: WithTls = False, settings: SettingsFile = None, as_json: AsJson = False
) -> int:
    """Ask a PACS for an echo (C-ECHO), and say how long it took."""
    choice = settings_from(settings)
    (case,) = cases(choice, peer, tls=tls)
    visit = Visit(choice, case)
    step = visit.tried(Step("echo", "C-ECHO"), lambda step: verify(visit, step))
    if as_json:
        print_json({"peer": case.peer.spelt_out, "tls": case.tls is not None, **asdict(step)})
    else:
        print(f"{case.peer.spelt_out}: {step.answer} ({step.ms:.1f} ms)")
        if step.change:
            print(f"  change: {step.change}")
    return 0 if step.verdict is Verdict.OK else EX_UNAVAILABLE
