"""M2's half hour, and whether the measured window may have cut it off."""

import pandas as pd
import pytest

from sim.kpi import GateMinutes, worst_half_hour

SEVEN, EIGHT = 7 * 3600.0, 8 * 3600.0


def morning(worst_s: float) -> pd.DataFrame:
    """Return a vehicle every 20 s from 07:00 to 08:30, who takes the longer the nearer to `worst_s` it is due."""
    due = [SEVEN + 20.0 * n for n in range(270)]
    rows = [
        {
            "replication": 0, "kind": "through", "finished": True, "measured": True, "passes_gate": True,
            "scheduled_s": s, "section_out_s": s + 600.0 - abs(s - worst_s) / 20.0,
        }
        for s in due
    ]  # fmt: skip
    return pd.DataFrame(rows)


def cut_off(trips: pd.DataFrame) -> tuple[bool, bool]:
    minutes = GateMinutes()
    minutes.add(trips)
    return minutes.cut_off()


@pytest.mark.parametrize(
    ("worst_s", "window", "ends"),
    [
        (EIGHT - 900.0, (EIGHT - 1800.0, EIGHT), (False, False)),
        (EIGHT + 1800.0, (EIGHT, EIGHT + 1800.0), (False, True)),
        (SEVEN, (SEVEN, SEVEN + 1800.0), (True, False)),
    ],
)
def test_the_worst_half_hour_is_known_to_touch_an_end_of_the_measured_window(worst_s, window, ends):
    assert worst_half_hour(before=morning(worst_s)) == window
    assert cut_off(morning(worst_s)) == ends


def test_where_too_few_pass_the_gate_nothing_is_cut_off():
    assert cut_off(morning(EIGHT).assign(passes_gate=False)) == (False, False)
    assert cut_off(morning(EIGHT).iloc[:20]) == (False, False)
