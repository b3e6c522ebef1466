"""Which ways over a junction are taken, as bits: nobody looks closely at those in conflict with one's own that are not.

Taken is a movement that a part of somebody is on, or onto which somebody may come too fast to stop. The movements of
a node, of which alone some are in conflict, have their bits in one word (`LANE.spot`), of more than BITS_A_WORD some
together: to look closely in vain changes nothing. There are two words of each node in `order`, behind the lists of
lanes: what is noted in a tick holds in it, once everybody has decided, and in the next.
"""

from sim.kernel import compiled
from sim.kernel.order import first_word
from sim.kernel.state import SPOT, Ints, Records

BITS_A_WORD = 31  # the sign is left out


@compiled(inline=True)
def forget_taken(lanes: Records, order: Ints, tick: int) -> None:
    """Forget, before anybody decides in a tick, what was noted two ticks ago: its words are for this one."""
    for word in range(lanes[lanes.size - 1].order_end + (tick & 1), first_word(lanes, order), 2):
        order[word] = 0


@compiled(inline=True)
def note(lanes: Records, order: Ints, movement: int, tick: int) -> None:
    """Note in a tick that a movement is taken."""
    spot = lanes[movement].spot
    order[(spot >> SPOT) + (tick & 1)] |= 1 << (spot & (1 << SPOT) - 1)


@compiled(inline=True)
def foes_taken(lanes: Records, order: Ints, movement: int) -> int:
    """Return the bits of those movements in conflict with one that are taken."""
    word = lanes[movement].spot >> SPOT
    return (order[word] | order[word + 1]) & lanes[movement].foes
