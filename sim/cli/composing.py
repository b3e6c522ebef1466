"""From words to scenarios: Hydra composes defaults, scenarios, their site and the words; known nowhere else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.words import dated

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario
    from sim.study.executors import Executor

SETTINGS = ("replications", "checkpoints", "seed", "workers", "executor", "store", "out")
KEYS = ("scenario", "baseline", "study", *SETTINGS, "record")
GROUPS = ("study", "executor")
"""Keys whose values are files in conf/."""
LONGEST_KEY, LONGEST_VALUE = 200, 4_000


@dataclass(frozen=True)
class Settings:
    """How to run, whatever is run."""

    replications: int
    checkpoints: tuple[int, ...]
    seed: int
    workers: int | None
    executor: dict[str, Any]
    store: Path | None
    out: Path | None
    record: bool | int


@dataclass(frozen=True)
class Request:
    """What `dropoff run` was asked for."""

    scenario: "Scenario"
    baseline: "Scenario"
    settings: Settings
    inputs: tuple[Path, ...]


def executor_from(settings: Settings) -> "Executor":
    """Return what the settings name; raises BadInput."""
    from sim.study.executors import executor_of
    from sim.study.study import checked_workers

    return executor_of(settings.executor, checked_workers(settings.workers))


def requested(words: Sequence[str]) -> Request:
    """Compose the defaults, both scenarios, their site and the words; raise BadInput with all faults."""
    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.read import find, mapping, scenario_from

    given = overrides(words, KEYS)
    names = {"scenario": given.pop("scenario", "school/shapingba")}
    names["baseline"] = given.pop("baseline", f"{names['scenario'].rpartition('/')[0]}/baseline")
    found = {arm: find(name, key=arm) for arm, name in names.items()}
    files = tuple(dict.fromkeys(file for one in found.values() for file in (one.site_file, one.file)))
    for file in files:
        mapping(file)  # broken YAML is told in our words, not Hydra's
    if found["scenario"].site_file != found["baseline"].site_file:
        pair = " and ".join(names.values())
        raise BadInput(Fault("scenario, baseline", pair, "two scenarios of one site: only interventions may differ"))
    elsewhere = [
        Fault("command line", key, f"a key of site.yaml itself, where {part} stands as {site[part]}")
        for site in [mapping(found["scenario"].site_file)]
        for key, part in ((key, key.split(".")[1]) for key in given if key.count(".") > 1)
        if key.startswith("site.") and isinstance(site.get(part), str)
    ]
    if elsewhere:
        raise BadInput(*elsewhere)
    names["site"] = f"{names['scenario'].rpartition('/')[0]}/site"
    settings, config = composed(given, names, found["scenario"].file.parent.parent.parent)
    arms = {arm: scenario_from(found[arm], config[arm], config["site"]) for arm in ("scenario", "baseline")}
    return Request(arms["scenario"], arms["baseline"], settings, files)


def default_out(request: Request) -> Path:
    """Return where the result goes if nothing else was said."""
    label = "-vs-".join(s.name.replace("/", "-") for s in (request.scenario, request.baseline))
    return dated("runs", label)


def several(words: Sequence[str]) -> list[list[str]]:
    """Return the words of each run that Hydra's multirun makes of them: seed=1,2 are two; raises BadInput."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    from sim.scenario.faults import BadInput, Fault

    _refuse_long(words)
    try:
        parsed = OverridesParser.create().parse_overrides(list(words))
        (runs,) = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    except HydraException as error:
        first = str(error).strip().splitlines()[0]
        raise BadInput(Fault("command line", " ".join(words), f"words that Hydra understands ({first})")) from None
    return [list(run) for run in runs]


def composed(
    given: dict[str, str], scenarios: dict[str, str] | None = None, root: Path | None = None
) -> tuple[Settings, dict[str, Any]]:
    """Let Hydra compose the defaults, `scenarios` (files below `root`, by their key) and the words; raises BadInput."""
    given = dict(given)
    paths: dict[str, Any] = {
        key: given.pop(key) for key in ("out", "store") if key in given
    }  # a path is taken as it stands
    _check_groups(given)
    config = _compose(given, scenarios or {}, root)
    config.update(paths)
    numbers = {key: _whole(key, config[key]) for key in ("replications", "seed", "workers")}
    checkpoints = config["checkpoints"]
    if not isinstance(checkpoints, list):
        checkpoints = [checkpoints]
    settings = Settings(
        replications=numbers["replications"] or 0,
        checkpoints=tuple(_whole("checkpoints", each) or 0 for each in checkpoints),
        seed=numbers["seed"] or 0,
        workers=numbers["workers"],
        executor=config["executor"],
        store=_path("store", config["store"]),
        out=_path("out", config["out"]),
        record=config["record"] if isinstance(config["record"], bool) else _whole("record", config["record"]) or 0,
    )
    return settings, config


def _path(key: str, told: Any) -> Path | None:
    from sim.scenario.files import at_home

    return None if told in (None, "", "null") else at_home(str(told), key)


def _check_groups(given: dict[str, str]) -> None:
    from sim.scenario.faults import BadInput, Fault, near_miss
    from sim.scenario.places import shipped

    for group in GROUPS:
        known = sorted(file.stem for file in (shipped("conf") / group).glob("*.yaml"))
        if given.get(group, known[0]) not in known:
            fault = Fault(group, given[group], "one of " + ", ".join(known), near_miss(given[group], known))
            raise BadInput(fault)


def _compose(given: dict[str, str], scenarios: dict[str, str], root: Path | None) -> dict[str, Any]:
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from sim.scenario.faults import BadInput, Fault
    from sim.scenario.places import shipped

    words = [] if root is None else [f"hydra.searchpath=[{_quoted(f'file://{root}')}]"]
    words += [f"+scenarios@{arm}={_quoted(name)}" for arm, name in scenarios.items()]
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


def _quoted(name: str) -> str:
    """Return a name or path as a word that Hydra takes as it stands, whatever letters it has."""
    escaped = re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), name)
    return f"'{escaped}'"


def _whole(key: str, value: Any) -> int | None:
    from sim.scenario.faults import BadInput, Fault

    if value is None and key == "workers":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(Fault(key, repr(value), "a whole number"))
    return value


def _refuse_long(words: Sequence[str]) -> None:
    """Raise BadInput for words over which Hydra stumbles.

    It looks for files that are named like keys, and hands numbers to Python, which reads none of over 4,300 digits.
    """
    from sim.scenario.faults import BadInput, Fault

    faults = []
    for word in words:
        key, _, value = word.partition("=")
        if len(key) > LONGEST_KEY:
            faults.append(Fault("command line", key, f"a key of up to {LONGEST_KEY} characters"))
        elif len(value) > LONGEST_VALUE:
            faults.append(Fault(key, value, f"up to {LONGEST_VALUE:,} characters"))
    if faults:
        raise BadInput(*faults)


def overrides(words: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """Return the words by their key, short names resolved; raise BadInput with every fault.

    Known are `keys`, and whatever lies below `site` and `executor`.
    """
    from sim.scenario.faults import BadInput, Fault, near_miss
    from sim.scenario.read import ALIASES

    _refuse_long(words)
    found: dict[str, str] = {}
    faults = []
    for word in words:
        key, equals, value = word.partition("=")
        key = ALIASES.get(key, key)
        if not key or not equals:
            faults.append(Fault("command line", word, "key=value, such as seed=7"))
        elif key not in keys and not key.startswith(("site.", "executor.")):
            known = [*keys, *ALIASES]
            faults.append(Fault("command line", key, "one of " + ", ".join(keys) + ", site.KEY", near_miss(key, known)))
        elif key in found:
            faults.append(Fault("command line", word, f"{key} once"))
        else:
            found[key] = value
    if faults:
        raise BadInput(*faults)
    return found
