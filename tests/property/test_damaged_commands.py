"""Command sets in every state of damage: a command that can be answered, or an abort."""

import struct
import sys
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from tests.builders.dataset import CR
from tests.builders.effort import FLAT_MB, LONGEST_S, run_cases
from tests.builders.mutation import damaged
from tests.builders.pdus import C_CANCEL_RQ, C_FIND_RQ, command_set, echo_rq, request, store_rq
from tests.builders.studies import FILM
from triage.receive.command import C_STORE_RQ, RESPONSE, Command, read_command, respond
from triage.receive.pdu import ProtocolError

SEED = 26
WHOLE = [
    store_rq(CR, FILM),
    store_rq("../../x", "\xff" * 65, has_data_set=False),
    echo_rq(65535),
    command_set(request(C_FIND_RQ, has_data_set=True)),
    command_set(request(C_CANCEL_RQ, has_data_set=False)),
]
COUNTS = [
    pytest.param(20_000, id="short"),
    pytest.param(1_000_000, id="long", marks=pytest.mark.chaos),
]
Read = Callable[[bytes], Command]


def one_damaged_command(randomness: Random, *, read: Read) -> None:
    """What is understood is answered with the UIDs that it brought, whatever they are."""
    try:
        command = read(damaged(randomness.choice(WHOLE), randomness))
    except ProtocolError:
        return

    answer = read_command(respond(command, 0xA700, command.sop_instance_uid))
    instance_uid = command.sop_instance_uid if command.field == C_STORE_RQ else ""
    assert answer == Command(
        command.field | RESPONSE, 0, False, command.sop_class_uid, instance_uid
    )


@pytest.mark.parametrize("count", COUNTS)
def test_damage_ends_in_an_answer_or_an_abort(count: int) -> None:
    effort = run_cases(partial(one_damaged_command, read=read_command), seed=SEED, count=count)

    sys.stdout.write(f"command sets: {effort}\n")
    assert effort.longest_s < LONGEST_S
    assert effort.grown_mb < FLAT_MB


def read_on_trust(encoded: bytes) -> Command:
    """Read a command set that is believed to be one."""
    values, place = {}, 0
    while place < len(encoded):
        _, element, length = struct.unpack_from("<HHI", encoded, place)
        place += 8 + length
        values[element] = encoded[place - length : place]
    field, message_id = values[0x0100], values[0x0110]
    return Command(
        field[0], message_id[0], has_data_set=False, sop_class_uid="", sop_instance_uid=""
    )


def test_a_reader_without_its_guards_is_noticed() -> None:
    with pytest.raises((struct.error, KeyError)):
        run_cases(partial(one_damaged_command, read=read_on_trust), seed=SEED, count=500)
