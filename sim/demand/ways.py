"""Ways of traffic that turns by the shares of each approach."""

from sim.demand.travellers import Path
from sim.scenario.demand import Demand
from sim.scenario.routes import Router

MOST_LINKS = 30
"""A random walk through the area goes straight to the nearest exit after so many links."""


class RandomWalk:
    """Ways through the area by the turning shares of each approach."""

    def __init__(self, demand: Demand, router: Router) -> None:
        self.router = router
        self.shares = {link: t for t in demand.turning for link in t.links}
        self.exits = set(router.network.exits())
        self._options: dict[str, list[tuple[str, float]]] = {}

    def options(self, link: str) -> list[tuple[str, float]]:
        """Return the links that follow, with their shares; without turning shares the straightest one."""
        if link not in self._options:
            turns = {n: self.router.turn(link, n) for n in self.router.next_links(link)}
            onward = {n: t for n, t in turns.items() if t != "u_turn"} or turns
            rank = {"through": 0, "right": 1, "left": 2, "u_turn": 3}
            given = self.shares.get(link)
            if given is None:
                best = min(onward, key=lambda n: (rank[str(onward[n])], n))
                self._options[link] = [(best, 1.0)]
            else:
                self._options[link] = [(n, float(getattr(given, str(t), 0.0))) for n, t in onward.items()]
        return self._options[link]

    def path(self, entry: str, chances: list[float]) -> Path:
        """Return one way; the draws are used up junction by junction, and split finer once they are."""
        way = [entry]
        hop = 0
        while way[-1] not in self.exits:
            if len(way) > MOST_LINKS:
                last = self.router.nearest(way[-1], self.exits)
                return (*way, *self.router.path(way[-1], last)[1:]) if last else tuple(way)
            options = [(n, s) for n, s in self.options(way[-1]) if n not in way] or self.options(way[-1])
            total = sum(s for _, s in options)
            if len(options) == 1 or total == 0.0:
                way.append(options[0][0])
                continue
            u = chances[hop % len(chances)]
            chances[hop % len(chances)] = (u * 1048573.0) % 1.0
            hop += 1
            for n, s in options:  # noqa: B007 (n is the last one looked at)
                u -= s / total
                if u < 0.0:
                    break
            way.append(n)
        return tuple(way)
