"""What random numbers are drawn for: parts of their keys, beside seed and replication."""

FAMILY, WALKER, THROUGH, BUS, GIVEN = 1, 2, 3, 4, 5
"""Kinds of travellers."""
(
    ARRIVAL,
    ORIGIN,
    EXIT,
    SIDE,
    PUPILS,
    GRADE,
    ESCORT,
    MODE,
    DWELL,
    OWN,
    PARKING,
    HANDOVER,
    CHILD_SPEED,
    ADULT_SPEED,
    WILLING,
    DOUBLE,
    DOUBLE_FREE,
    WAIT,
    OBEY,
    SPEED,
    CROSS,
    HEADWAY,
    TURN,
    TIME_GAP,
    CRITICAL_GAP,
    CLASS,
    UNMARKED,
    ROUND,
) = range(100, 128)
"""What of them; the kernel's own purposes are below 100 (sim.kernel.chance)."""
