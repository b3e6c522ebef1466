"""The colours of the still picture."""

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

GROUND, FOOTWAY, ASPHALT, PAINT = "#F4F2EC", "#E4E0D6", "#C3C7CC", "#FFFFFF"
BERTH, TAKEN, WAITING = "#B9E0D2", "#A9B4BD", "#CC79A7"
LIGHTS = {"green": "#009E73", "amber": "#F0B400", "red": "#D42A2A"}
EDGES = {
    "in_berth": "#009E73",
    "in_lane": "#0072B2",
    "double_parked": "#D42A9A",
    "manoeuvring": "#56B4E9",
    "waiting_for_berth": "#6B3E00",
    "turning_round": "#000000",
}
"""Around the body of one that does something else than drive."""
DELAY = LinearSegmentedColormap.from_list("delay", [mpl.colormaps["inferno_r"](x) for x in np.linspace(0.04, 0.92, 64)])
