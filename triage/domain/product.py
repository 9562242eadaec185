"""The two names by which this product's objects are known wherever they come back."""

MANUFACTURER = "cxr-triage project"
"""(0008,0070) *Manufacturer* of every object that is made here."""

MODEL_NAME = "cxr-triage"
"""(0008,1090) *Manufacturer's Model Name* of every object that is made here."""
