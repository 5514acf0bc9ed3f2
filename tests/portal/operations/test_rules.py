"""The dashboard and the alert rules ask for metrics that exist, and promtool finds that the rules do what they say."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from tests.portal.operations.scraped import Samples, scrape

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "docs" / "operations" / "alertes.yml"
DASHBOARD = ROOT / "docs" / "operations" / "tableau-de-bord.json"
GUIDE = ROOT / "docs" / "operations.md"
METRIC = re.compile(r"\b(portail_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"')


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"] if panel["type"] != "row"]


def asked() -> Iterator[tuple[str, str]]:
    """(where, expression) of all that is asked of Prometheus."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.django_db
def test_they_ask_for_metrics_that_a_scrape_has(client: Client, here: str) -> None:
    client.get("/aide/")
    samples: Samples = scrape(client, here)
    # What a portal that just began does not have yet.
    samples.setdefault("portail_task_last_success_timestamp_seconds", [({"task": "t"}, 0.0)])
    samples.setdefault("portail_heartbeat_age_seconds", [({"part": "beat"}, 0.0)])
    used = set()
    for where, expression in asked():
        for name, matchers in METRIC.findall(expression):
            used.add(name)
            assert name in samples, (where, name)
            for label, sign, wanted in MATCHER.findall(matchers):
                values = {labels.get(label) for labels, _ in samples[name]}
                assert values != {None}, (where, name, label)
                if sign == "=":
                    assert wanted in values, (where, name, label, wanted)
    told = {
        name for name in samples if name.startswith("portail_") and not name.endswith(("_created", "_count", "_sum"))
    }
    assert told - used <= {"portail_read_timestamp_seconds"}


def test_labels_that_are_summed_over_exist() -> None:
    known = {
        "part",
        "status",
        "le",
        "route",
        "method",
        "work",
        "queue",
        "outcome",
        "cause",
        "task",
        "state",
        "scan",
        "instance",
    }
    for where, expression in asked():
        for labels in re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", expression):
            assert set(filter(None, re.split(r"[\s,]+", labels))) <= known, where


def test_each_alert_has_its_page_of_what_to_do() -> None:
    headings = re.findall(r"^#+ (\w+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    for rule in alerts():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["alert"] in headings
    assert {heading for heading in headings if heading.startswith("Portail")} == {rule["alert"] for rule in alerts()}


@pytest.mark.django_db
def test_the_guide_lists_every_metric(client: Client, here: str) -> None:
    samples = scrape(client, here)
    names = {re.sub(r"_(created|bucket|count|sum)$", "", name) for name in samples if name.startswith("portail_")}
    text = GUIDE.read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in text and f"`{name}_total`" not in text] == []


@pytest.mark.prometheus
def test_promtool_reads_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(alerts())} rules found" in done.stdout


@pytest.mark.prometheus
def test_promtool_finds_that_each_alert_fires_when_it_must() -> None:
    file = Path(__file__).with_name("alertes_test.yml")
    done = subprocess.run(
        ["promtool", "test", "rules", file.name], cwd=file.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tried = {
        case["alertname"] for test in yaml.safe_load(file.read_text())["tests"] for case in test["alert_rule_test"]
    }
    assert tried == {rule["alert"] for rule in alerts()}
