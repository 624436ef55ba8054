"""JUnit XML as CI systems read it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from engine.evaluation.junit import junit_xml
from engine.evaluation.results import Run
from engine.evaluation.shares import evaluation_of

RUNS = [
    Run("en/accepts", "en", [], 1, "passed", "booked", seconds=41.5, journal="/state/journals/1"),
    Run(
        "en/accepts",
        "en",
        [],
        2,
        "failed",
        "no_table",
        ["outcome: expected <booked>, got no_table", 'say "&"\x07'],
    ),
    Run("de/accepts", "de", [], 1, "skipped", differences=["interrupted"]),
    Run("/mine/krone.yaml", "de", [], 1, "passed"),
]
# Elements and attributes of the schema that CI systems share, in the order of its sequences.
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "properties": ["property"],
    "property": [],
    "testcase": ["skipped", "failure", "system-out"],
    "failure": [],
    "skipped": [],
    "system-out": [],
}
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "time", "tests", "failures", "errors", "skipped", "timestamp"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
}


def document() -> ET.Element:
    return ET.fromstring(junit_xml(evaluation_of(RUNS, began="2025-12-05T19:00:00+00:00", brain="scripted")))


def test_every_element_has_the_children_and_attributes_of_the_schema() -> None:
    root = document()
    assert root.tag == "testsuites"
    for element in root.iter():
        allowed = CHILDREN[element.tag]
        places = [allowed.index(child.tag) for child in element]
        assert places == sorted(places), element.tag
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        for count in ("tests", "failures", "errors", "skipped"):
            assert element.get(count, "0").isdigit()
    assert all({"name", "tests"} <= set(suite.attrib) for suite in root)


def test_counts_are_of_what_is_inside() -> None:
    root = document()
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "1", "1")
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        assert int(suite.get("failures", "")) == sum(case.find("failure") is not None for case in cases)
        assert int(suite.get("skipped", "")) == sum(case.find("skipped") is not None for case in cases)


def test_a_failure_says_what_was_not_as_expected_and_where_the_record_is() -> None:
    root = document()
    failure = root.find(".//failure")
    assert failure is not None
    assert "expected <booked>" in failure.get("message", "")
    assert [each.text for each in root.iter("system-out")] == ["journal: /state/journals/1"]


def test_no_two_cases_have_the_same_name() -> None:
    names = [(case.get("classname"), case.get("name")) for case in document().iter("testcase")]
    assert len(set(names)) == len(RUNS)
    assert ("call-thing.en", "accepts #2") in names
