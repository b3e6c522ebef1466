"""The replay: one recorded morning before and after, side by side, as one page that needs no network."""

from sim.report.replay.page import LANGUAGES, write_replay

__all__ = ["LANGUAGES", "write_replay"]
