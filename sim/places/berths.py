"""The berths of one curb zone: who has which, who waits for which, and who is about to leave."""

from collections import deque
from collections.abc import Callable
from typing import Any

import simpy

from sim.places.disciplines import Discipline

Reach = Callable[[list[int], list[int]], list[int]]
"""(Berths that can be entered now, all that are free) -> those that one gets into, the best one last."""
_Waiting = tuple[simpy.Event, Callable[[], float], Reach]


class Berths:
    """A row of berths; berth 0 is the one that a vehicle reaches first.

    A berth is taken from the moment a driver has chosen it, before the vehicle stands there.
    """

    def __init__(self, env: simpy.Environment, count: int, discipline: Discipline) -> None:
        """Start with `count` free berths."""
        self.env = env
        self.taken = [False] * count
        self.leaving = [False] * count
        self._discipline = discipline
        self.coming: dict[int, Any] = {}
        """Who is on the way to which berth, of those who stand in line for any."""
        self.standing: set[int] = set()
        """The berths where one stands."""
        self._line: list[_Waiting] = []
        self._moves: simpy.Event | None = None
        self._behind: dict[int, deque[simpy.Event]] = {}

    def ahead_of(self, at_m: float) -> list[float]:
        """Return where those stand [m] who are in line for any berth further ahead than a place [m]."""
        return [there for _, place_m, _ in self._line if (there := place_m()) > at_m]

    def line_moves(self) -> simpy.Event:
        """Tell when somebody has left the line."""
        if self._moves is None:
            self._moves = self.env.event()
        return self._moves

    def open(self) -> list[int]:
        """Return the berths that can be entered now."""
        return self._discipline(self.taken)

    def about_to_be_free(self) -> list[int]:
        """Return the berths whose vehicles are leaving and for which nobody waits yet."""
        return [n for n, leaving in enumerate(self.leaving) if leaving and not self._behind.get(n)]

    def entered_over(self, berth: int) -> int:
        """Return the rear-most of the free berths right behind one, over which a vehicle drives into it forwards."""
        while berth > 0 and not self.taken[berth - 1]:
            berth -= 1
        return berth

    def take(self, berth: int) -> None:
        """Take a free berth; raise ValueError if it is not free."""
        if self.taken[berth]:
            raise ValueError(f"berth {berth} is taken")
        self.taken[berth] = True

    def request(
        self, place_m: Callable[[], float] = lambda: 0.0, reach: Reach = lambda berths, _: berths
    ) -> simpy.Event:
        """Stand in line; the event succeeds with the number of the berth granted, the foremost that is open.

        Who is furthest ahead by then, at `place_m` [m], is served first; of those abreast, who came first. `reach`
        tells which of the berths that can be entered now, and of all that are free, one gets into from where one is.
        """
        event = self.env.event()
        self._line.append((event, place_m, reach))
        self._serve()
        return event

    def withdraw(self, waiting: simpy.Event) -> None:
        """Leave the line for any berth."""
        self._line = [each for each in self._line if each[0] is not waiting]
        self._moved()

    def give_up(self, waiting: simpy.Event) -> None:
        """Leave the line for any berth; one that was granted meanwhile is free again."""
        if waiting.triggered:
            assert waiting.value is not None
            self.release(waiting.value)
        else:
            self.withdraw(waiting)

    def wait_for(self, berth: int) -> simpy.Event:
        """Wait behind a berth until it is free; the event succeeds with its number."""
        event = self.env.event()
        self._behind.setdefault(berth, deque()).append(event)
        return event

    def forget(self, waiting: simpy.Event) -> None:
        """Give up waiting for a berth; one that was granted meanwhile is free again."""
        if waiting.triggered:
            assert waiting.value is not None
            self.release(waiting.value)
            return
        for line in self._behind.values():
            if waiting in line:
                line.remove(waiting)

    def exchange(self, new: dict[int, int]) -> None:
        """Give those on the way to berths others instead; a negative number: none."""
        if all(old == berth for old, berth in new.items()):
            return
        coming = [(berth, self.coming.pop(old)) for old, berth in new.items()]
        for old in new:
            self.taken[old] = False
        for berth, who in coming:
            if berth >= 0:
                self.taken[berth], self.coming[berth] = True, who
        self._serve()

    def release(self, berth: int) -> None:
        """Free a berth; who waits behind it has it next, then who stands in line."""
        self.taken[berth] = self.leaving[berth] = False
        self.standing.discard(berth)
        waiting = self._behind.get(berth)
        if waiting:
            self.taken[berth] = True
            waiting.popleft().succeed(berth)
        self._serve()

    def _serve(self) -> None:
        while self._line and not all(self.taken):
            entered, free = self.open(), [n for n, taken in enumerate(self.taken) if not taken]
            for each in self._by_place():
                berths = each[2](entered, free)
                if berths:
                    self.take(berths[-1])
                    self._line.remove(each)
                    each[0].succeed(berths[-1])
                    self._moved()
                    break
            else:
                return

    def _by_place(self) -> list[_Waiting]:
        """Return who stands in line for any berth, the furthest ahead first."""
        return self._line if len(self._line) == 1 else sorted(self._line, key=lambda each: -each[1]())

    def _moved(self) -> None:
        if self._moves is not None:
            self._moves.succeed()
            self._moves = None

    def look_again(self) -> None:
        """Serve the line anew, after one in it has come to where other berths are in reach."""
        self._serve()
