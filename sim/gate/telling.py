"""What a check found, for a terminal, a pull request, a test report, and GitHub's annotations."""

import re
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from sim.gate.check import Checked, Finding, may_have_changed
from sim.scenario.files import appearing_file

if TYPE_CHECKING:
    from sim.study import FailedReplication

RENEW = 'if this is what you want: dropoff check --site {site} --update --reason "why the results moved"'

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold: a library's message may."""
HEADER = "| outcome | what | reference | now | difference | interval | margin | the same | n |"


def lines(checks: Sequence[Checked]) -> Iterator[str]:
    """Yield the lines for a terminal: one for each finding, and a sentence for each site."""
    for checked in checks:
        for case, findings in _by_case(checked):
            yield case
            for f in findings:
                yield f"  {f.outcome:9}  {f.name:36}  {told(f)}".rstrip()
        for failure in checked.failures:
            yield _failure(failure)
        yield f"{checked.site}: {sentence(checked)}"


def told(finding: Finding) -> str:
    """Return the numbers of a finding, or why there are none."""
    found = finding.interval
    if found is None or finding.then is None or finding.now is None or finding.margin is None:
        return finding.why
    bounds = "" if _is_tied(finding) else f" [{_per_cent(found.low)}, {_per_cent(found.high)}]"
    unit = f" {finding.unit}" if finding.unit else ""
    why = f"; {finding.why}" if finding.why else ""
    return (
        f"{finding.then:.5g} -> {finding.now:.5g}{unit}, {_per_cent(found.difference)}{bounds}, "
        f"margin {100 * finding.margin:g} %, {_replications(finding)}{why}"
    )


def _is_tied(finding: Finding) -> bool:
    """Return whether each value is the same as it was: no interval of the mean follows from that."""
    return finding.same == finding.replications


def _replications(finding: Finding) -> str:
    """Return how many replications there are, and in how many of the reference's own the value is the same."""
    if finding.paired == finding.replications:
        return f"the same in {finding.same} of {finding.paired} replications"
    same = f", the same in {finding.same} of {finding.paired}" if finding.paired else ""
    return f"{finding.replications} replications{same}"


def sentence(checked: Checked) -> str:
    """Return what follows from a check of one site, in one sentence."""
    if checked.failures:
        return f"{len(checked.failures)} replications failed: nothing is said over the others"
    failed = [f.name for f in checked.findings if f.outcome == "fail"]
    if failed:
        return f"FAIL: {', '.join(failed)}; {RENEW.format(site=checked.site)}"
    left = [f for f in checked.findings if f.outcome == "undecided"]
    if left:
        because = dict.fromkeys(f.why or "chance hides whether they drifted" for f in left)
        return f"UNDECIDED: {', '.join(f.name for f in left)}; {'; '.join(because)}; --replications N allows more"
    return f"PASS{_unless_rare(checked)}"


def _unless_rare(checked: Checked) -> str:
    """Return what a pass covers where every value of every replication is the same as it was."""
    told = [f for f in checked.findings if f.interval is not None]
    if not told or not all(map(_is_tied, told)):
        return ""
    least, scenarios = min(f.same for f in told), len({f.case for f in told})
    share = ceil(100.0 * may_have_changed(least, scenarios))
    return f": the same in {least} of {least} replications, so at most {share} % of mornings have changed (99 % sure)"


def _per_cent(share: float) -> str:
    return f"{100 * share:+.2f} %"


def _by_case(checked: Checked) -> Iterator[tuple[str, list[Finding]]]:
    for case in dict.fromkeys(f.case for f in checked.findings):
        yield case, [f for f in checked.findings if f.case == case]


def _failure(failure: "FailedReplication") -> str:
    return f"failed: {failure.arm}, replication {failure.replication}: {' '.join(failure.reason.split())}"


def markdown(checks: Sequence[Checked]) -> str:
    """Return a summary for a pull request: a table for each scenario."""
    parts = ["# dropoff check", ""]
    for checked in checks:
        parts += [f"**{checked.site}**: {sentence(checked)}", ""]
        parts += [f"* {_failure(f)}" for f in checked.failures] + [""] * bool(checked.failures)
        for case, findings in _by_case(checked):
            parts += [f"## {case}", "", HEADER, "|---|---|---|---|---|---|---|---|---|", *map(_row, findings), ""]
    return "\n".join(parts)


def _row(finding: Finding) -> str:
    found, mark = finding.interval, f"**{finding.outcome}**" if finding.outcome != "pass" else "pass"
    if found is None or finding.then is None or finding.now is None or finding.margin is None:
        return f"| {mark} | {finding.name} | | | {finding.why} | | | | {finding.replications or ''} |"
    name = f"{finding.name} [{finding.unit}]" if finding.unit else finding.name
    bounds = "" if _is_tied(finding) else f"{_per_cent(found.low)} to {_per_cent(found.high)}"
    cells = (mark, name, f"{finding.then:.5g}", f"{finding.now:.5g}", _per_cent(found.difference), bounds,
             f"{100 * finding.margin:g} %", f"{finding.same} of {finding.paired}" if finding.paired else "",
             str(finding.replications))  # fmt: skip
    return f"| {' | '.join(cells)} |"


def junit(checks: Sequence[Checked]) -> str:
    """Return JUnit XML: a suite for each scenario; undecided is skipped, a failed replication an error."""
    suites = ElementTree.Element("testsuites", name="dropoff check")
    for checked in checks:
        for case, findings in _by_case(checked):
            _suite(suites, case, findings)
        if checked.failures:
            suite = _suite(suites, f"{checked.site}: replications", [])
            suite.set("errors", str(len(checked.failures)))
            suite.set("tests", str(len(checked.failures)))
            for f in checked.failures:
                one = ElementTree.SubElement(suite, "testcase", classname=checked.site, name=_failure(f).split(": ")[1])
                ElementTree.SubElement(one, "error", message=" ".join(f.reason.split())).text = f.detail
    ElementTree.indent(suites)
    return NO_XML.sub("\ufffd", ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n")


def _suite(suites: ElementTree.Element, name: str, findings: Sequence[Finding]) -> ElementTree.Element:
    counts = {sort: sum(f.outcome == sort for f in findings) for sort in ("fail", "undecided")}
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name=name,
        tests=str(len(findings)),
        failures=str(counts["fail"]),
        errors="0",
        skipped=str(counts["undecided"]),
    )
    for f in findings:
        one = ElementTree.SubElement(suite, "testcase", classname=name, name=f.name)
        if f.outcome != "pass":
            kind = "failure" if f.outcome == "fail" else "skipped"
            ElementTree.SubElement(one, kind, message=f"{f.outcome}: {told(f)}")
    return suite


def annotations(checks: Sequence[Checked]) -> Iterator[str]:
    """Yield GitHub's workflow commands: an error for each fault, a warning for what is undecided."""
    for checked in checks:
        for f in checked.findings:
            if f.outcome != "pass":
                level = "error" if f.outcome == "fail" else "warning"
                yield f"::{level} title=dropoff check::{_escaped(f'{f.case}: {f.name}: {f.outcome}: {told(f)}')}"
        for failure in checked.failures:
            yield f"::error title=dropoff check::{_escaped(f'{checked.site}: {_failure(failure)}')}"


def _escaped(text: str) -> str:
    """Return a message as workflow commands want it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def write_text(text: str, file: Path) -> None:
    """Write a summary whole or not at all; raises OSError."""
    with appearing_file(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
