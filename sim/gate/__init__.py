"""The regression gate: have the results drifted since the reference was made?"""

from sim.gate.check import Checked, Finding, check, looks
from sim.gate.reference import Reference, read_reference, write_reference
from sim.gate.renew import renewed

__all__ = ["Checked", "Finding", "Reference", "check", "looks", "read_reference", "renewed", "write_reference"]
