"""From an assessment to the DICOM objects that go back to the PACS."""
