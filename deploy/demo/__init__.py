"""The demonstration: films go to a daemon over DICOM, results come back into a PACS."""
