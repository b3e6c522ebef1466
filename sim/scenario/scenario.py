"""A scenario: a site, its contexts, and the road changes made to it, in order."""

from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from sim.scenario.fields import STRICT, Money, Name, Share, Text, Unit
from sim.scenario.policy import Policy
from sim.scenario.site import Site


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Planned:
    """An intervention by name, with the fields that the planner set; `sim.interventions` knows what it does.

    The name may be anybody's: which ones there are is known there, too.
    """

    name: str
    fields: dict[str, Any]


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Account:
    """What the interventions cost and take, for the trade-off."""

    cost_yuan: Money = 0.0
    green_taken_m2: Annotated[float, Field(), Unit("m2")] = 0.0
    land_taken_m2: Annotated[float, Field(), Unit("m2")] = 0.0
    trees_lost: Annotated[int, Field(), Unit("1")] = 0


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Targets:
    """The promised reductions, as shares."""

    m1: Share = 0.2
    m2: Share = 0.2
    m3: Share = 0.2


@dataclass(config=STRICT, frozen=True, kw_only=True)
class Scenario:
    """One arm of a comparison. `planned` is still to be done; `done` names what has been applied to the site."""

    name: str
    """"school/shapingba": the site's folder and the file's name."""
    title: Text
    site: Site
    contexts: tuple[Name, ...] = ()
    planned: tuple[Planned, ...] = ()
    done: tuple[str, ...] = ()
    policy: Policy = Policy()
    account: Account = Account()
    targets: Targets = Targets()
