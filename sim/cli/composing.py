"""From words to scenarios: Hydra composes defaults, scenarios, their site and the words; known nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

ALIASES = {"site.demand.cars": "site.demand.pupils.cars", "site.demand.enrolment": "site.demand.pupils.enrolment"}
"""Short names on the command line for keys that planners set often."""
KEYS = ("scenario", "baseline", "study", "replications", "seed", "workers", "record", "out")


@dataclass(frozen=True)
class Request:
    """What `dropoff run` was asked for."""

    scenario: "Scenario"
    baseline: "Scenario"
    replications: int
    seed: int
    workers: int | None
    record: bool | int
    out: Path
    inputs: tuple[Path, ...]


def requested(words: Sequence[str]) -> Request:
    """Compose the defaults, both scenarios, their site and the words; raise BadInput with all faults."""
    from sim.scenario.faults import BadInput, Fault, near_miss
    from sim.scenario.places import shipped
    from sim.scenario.read import find, mapping, scenario_from

    given = _overrides(words)
    names = {"scenario": given.pop("scenario", "school/shapingba")}
    names["baseline"] = given.pop("baseline", f"{names['scenario'].rpartition('/')[0]}/baseline")
    found = {arm: find(name, key=arm) for arm, name in names.items()}
    files = tuple(dict.fromkeys(file for one in found.values() for file in (one.site_file, one.file)))
    for file in files:
        mapping(file)  # broken YAML is told in our words, not Hydra's
    if found["scenario"].site_file != found["baseline"].site_file:
        pair = " and ".join(names.values())
        raise BadInput(Fault("scenario, baseline", pair, "two scenarios of one site: only interventions may differ"))
    told = given.pop("out", None)  # a path is taken as it stands
    sizes = sorted(file.stem for file in (shipped("conf") / "study").glob("*.yaml"))
    if given.get("study", sizes[0]) not in sizes:
        raise BadInput(Fault("study", given["study"], "one of " + ", ".join(sizes), near_miss(given["study"], sizes)))
    config = _composed(names, given, found["scenario"].file.parent.parent.parent)
    out = config["out"] if told is None else told
    numbers = {key: _whole(key, config[key]) for key in ("replications", "seed", "workers")}
    arms = {arm: scenario_from(found[arm], config[arm], config["site"]) for arm in ("scenario", "baseline")}
    label = "-vs-".join(name.replace("/", "-") for name in (names["scenario"], names["baseline"]))
    default = Path("results", "runs", f"{datetime.now():%Y%m%d-%H%M%S}-{label}")
    return Request(
        arms["scenario"],
        arms["baseline"],
        numbers["replications"] or 0,
        numbers["seed"] or 0,
        numbers["workers"],
        config["record"] if isinstance(config["record"], bool) else _whole("record", config["record"]) or 0,
        default if out in (None, "", "null") else Path(str(out)).expanduser(),
        files,
    )


def _composed(names: dict[str, str], given: dict[str, str], root: Path) -> dict[str, Any]:
    """Let Hydra compose the defaults, the scenarios, their site and the words."""
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import shipped

    site = f"{names['scenario'].rpartition('/')[0]}/site"
    words = [f"hydra.searchpath=[file://{root}]"]
    words += [f"+scenarios@{arm}='{name}'" for arm, name in (*names.items(), ("site", site))]
    words += [f"{'++' if key.startswith('site.') else ''}{key}={value}" for key, value in given.items()]
    try:
        with initialize_config_dir(str(shipped("conf")), version_base="1.3"):
            config = OmegaConf.to_container(compose("config", words), resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        first = str(error).strip().splitlines()[0]
        raise BadInput(
            Fault("command line", " ".join(given.values()) or "these words", f"words that fit ({first})")
        ) from None
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}


def _whole(key: str, value: Any) -> int | None:
    from sim.scenario.faults import BadInput, Fault

    if value is None and key == "workers":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(Fault(key, repr(value), "a whole number"))
    return value


def _overrides(words: Sequence[str]) -> dict[str, str]:
    """Return the words by their key, short names resolved; raise BadInput with every fault."""
    from sim.scenario.faults import BadInput, Fault, near_miss

    found: dict[str, str] = {}
    faults = []
    for word in words:
        key, equals, value = word.partition("=")
        key = ALIASES.get(key, key)
        if not key or not equals:
            faults.append(Fault("command line", word, "key=value, such as seed=7"))
        elif key not in KEYS and not key.startswith("site."):
            known = [*KEYS, *ALIASES]
            faults.append(Fault("command line", key, "one of " + ", ".join(KEYS) + ", site.KEY", near_miss(key, known)))
        elif key in found:
            faults.append(Fault("command line", word, f"{key} once"))
        else:
            found[key] = value
    if faults:
        raise BadInput(*faults)
    return found
