from pydicom.sr.codedict import codes

from triage.encode.codes import ACQUISITION_EQUIPMENT, PROCESSING_EQUIPMENT, SOURCE_IMAGE


def test_the_purpose_of_the_source_is_the_standards() -> None:
    standard = codes.DCM.SourceImageForImageProcessingOperation

    assert SOURCE_IMAGE[0]["CodeValue"] == standard.value
    assert SOURCE_IMAGE[0]["CodeMeaning"] == standard.meaning


def test_the_purposes_of_equipment_are_the_standards() -> None:
    values = [code[0]["CodeValue"] for code in (ACQUISITION_EQUIPMENT, PROCESSING_EQUIPMENT)]

    assert values == [codes.DCM.AcquisitionEquipment.value, codes.DCM.ProcessingEquipment.value]
