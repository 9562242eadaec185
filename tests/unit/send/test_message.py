"""Command sets of a service class user."""

import pytest

from triage.send.failure import Broken
from triage.send.message import (
    AFFECTED_CLASS,
    AFFECTED_INSTANCE,
    C_STORE_RQ,
    DATA_SET_TYPE,
    EVENT_TYPE,
    FIELD,
    MESSAGE_ID,
    N_EVENT_REPORT_RQ,
    NO_DATA_SET,
    STATUS,
    Values,
    command_set,
    read_command,
    response,
)

REPORT: Values = {
    FIELD: N_EVENT_REPORT_RQ,
    MESSAGE_ID: 7,
    DATA_SET_TYPE: 0,
    AFFECTED_CLASS: "1.2.840.10008.1.20.1",
    AFFECTED_INSTANCE: "1.2.840.10008.1.20.1.1",
    EVENT_TYPE: 2,
}


def test_a_command_set_is_read_as_it_was_written() -> None:
    found = read_command(command_set(REPORT))

    assert (found.field, found.message_id, found.event_type) == (N_EVENT_REPORT_RQ, 7, 2)
    assert found.sop_instance_uid == "1.2.840.10008.1.20.1.1"
    assert found.has_data_set


def test_the_answer_to_a_report_names_what_it_answers() -> None:
    report = read_command(command_set(REPORT))

    answer = read_command(response(report, 0x0115))

    assert (answer.field, answer.responded_to, answer.status) == (0x8100, 7, 0x0115)
    assert (answer.event_type, answer.has_data_set) == (2, False)


def test_the_answer_to_a_store_names_the_instance() -> None:
    store: Values = {
        FIELD: C_STORE_RQ,
        MESSAGE_ID: 7,
        DATA_SET_TYPE: 0,
        AFFECTED_INSTANCE: "2.25.101",
    }

    answer = read_command(response(read_command(command_set(store)), 0x0000))

    assert (answer.field, answer.sop_instance_uid, answer.event_type) == (0x8001, "2.25.101", 0)


def test_a_last_answer_says_how_many_operations_failed() -> None:
    last: Values = {FIELD: 0x8021, DATA_SET_TYPE: NO_DATA_SET, STATUS: 0xB000, 0x1022: 3}

    assert read_command(command_set(last)).failed_operations == 3


@pytest.mark.parametrize("cut", [1, 9, 20])
def test_a_command_set_that_is_cut_short_breaks_the_protocol(cut: int) -> None:
    with pytest.raises(Broken, match="broke the protocol"):
        read_command(command_set(REPORT)[:-cut])


def test_a_command_set_without_its_field_breaks_the_protocol() -> None:
    with pytest.raises(Broken, match="00000100 is missing"):
        read_command(command_set({STATUS: 0, DATA_SET_TYPE: NO_DATA_SET}))


def test_elements_of_another_group_are_no_command_set() -> None:
    with pytest.raises(Broken, match="no command set"):
        read_command(b"\x08\x00\x16\x00\x02\x00\x00\x001\x00")
