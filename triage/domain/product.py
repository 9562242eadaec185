"""The names by which this product is known wherever its objects come back."""

MANUFACTURER = "cxr-triage project"
"""(0008,0070) *Manufacturer* of every object that is made here."""

MODEL_NAME = "cxr-triage"
"""(0008,1090) *Manufacturer's Model Name* of every object that is made here."""

IMPLEMENTATION_CLASS_UID = "2.25.132826779846865391138867770882478756913"
"""(0002,0012) *Implementation Class UID* of every file that is written here."""

IMPLEMENTATION_VERSION_NAME = "CXR_TRIAGE"
"""(0002,0013) *Implementation Version Name*, SH, at most 16 characters."""
