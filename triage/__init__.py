"""A DICOM triage daemon for chest X-rays: research software, not for diagnostic use."""

__version__ = "0.1.0"
