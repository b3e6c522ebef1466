"""The still picture of a recorded pair: both worlds at one second, for papers and tests."""

from sim.report.still.page import draw_still

__all__ = ["draw_still"]
