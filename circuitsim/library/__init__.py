"""SPICE files as they are written: headers, sub-circuits, sections, and what ngspice would execute in them."""

from circuitsim.library.safety import Scan, scan_file

__all__ = ["Scan", "scan_file"]
