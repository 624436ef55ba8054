"""An evaluation as JUnit XML, in the shape that CI systems read: a suite a language, a case a run. Pure."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from engine.evaluation.results import Evaluation, Run

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
PROGRAM = "call-thing"


def junit_xml(evaluation: Evaluation) -> str:
    """The document, with its declaration."""
    root = ET.Element("testsuites", {"name": PROGRAM, **_counts(evaluation.runs)})
    for language in evaluation.by_language:
        runs = [run for run in evaluation.runs if run.language == language]
        about = {"name": f"{PROGRAM}.{language}", "timestamp": evaluation.began[:19]}
        suite = ET.SubElement(root, "testsuite", about | _counts(runs))
        properties = ET.SubElement(suite, "properties")
        for name, value in (
            ("version", evaluation.version),
            ("brain", evaluation.brain),
            ("how", "text" if evaluation.text else "audio"),
        ):
            ET.SubElement(properties, "property", name=name, value=_text(value))
        for run in runs:
            _case(suite, run)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(suite: ET.Element, run: Run) -> None:
    name = run.scenario.removeprefix(f"{run.language}/")
    about = {
        "classname": f"{PROGRAM}.{run.language}",
        "name": _text(f"{name} #{run.run}"),
        "time": _time(run.seconds),
    }
    case = ET.SubElement(suite, "testcase", about)
    why = _text("; ".join(run.differences))
    if run.verdict == "failed":
        failure = ET.SubElement(case, "failure", type="not as expected", message=why)
        failure.text = _text("\n".join(run.differences))
    elif run.verdict == "skipped":
        ET.SubElement(case, "skipped", message=why)
    if run.journal:
        ET.SubElement(case, "system-out").text = _text(f"journal: {run.journal}")


def _counts(runs: list[Run]) -> dict[str, str]:
    return {
        "tests": str(len(runs)),
        "failures": str(sum(run.verdict == "failed" for run in runs)),
        "errors": "0",
        "skipped": str(sum(run.verdict == "skipped" for run in runs)),
        "time": _time(sum(run.seconds for run in runs)),
    }


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _text(text: str) -> str:
    """Without characters that XML has no place for."""
    return NO_XML.sub("�", text)
