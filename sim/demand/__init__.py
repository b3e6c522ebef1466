"""Who comes, when, how: every traveller, drawn from keyed random streams."""

from sim.demand.drawing import car_count, draw
from sim.demand.draws import Draws, keys_of
from sim.demand.purposes import GIVEN
from sim.demand.travellers import BusTrip, Family, Passage, Travellers

__all__ = ["GIVEN", "BusTrip", "Draws", "Family", "Passage", "Travellers", "car_count", "draw", "keys_of"]
