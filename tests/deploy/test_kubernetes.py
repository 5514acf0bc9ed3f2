"""The manifests of deploy/kubernetes against compose, the image and the settings: what runs there is what runs here."""

import re
from typing import Any

import pytest
import yaml

from portal import gunicorn
from tests.deploy.environment import ROOT, program_variables, required, settings_variables
from tests.deploy.test_documents import DOCKERFILE, OURS, SERVICES, WEBS, seconds

FOLDER = ROOT / "deploy" / "kubernetes"
Object = dict[str, Any]


def read() -> dict[str, list[Object]]:
    """The objects of the files that the kustomization names, by kind."""
    found: dict[str, list[Object]] = {}
    for name in yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]:
        whole = yaml.safe_load((FOLDER / name).read_text())
        for one in whole.get("items", [whole]):
            found.setdefault(one["kind"], []).append(one)
    return found


OBJECTS = read()
RUN = {one["metadata"]["name"]: one for one in OBJECTS["Deployment"] + OBJECTS["Job"]}
PODS: dict[str, Object] = {name: one["spec"]["template"]["spec"] for name, one in RUN.items()}
GIVEN = OBJECTS["ConfigMap"][0]["data"]


def container(name: str) -> Object:
    (only,) = PODS[name]["containers"]
    return dict(only)


def of_compose(name: str) -> Object:
    """The service that compose has for it: the first of the two web processes."""
    return SERVICES["web-1" if name == "web" else name]


def mebibytes(text: str) -> int:
    """« 768Mi » of Kubernetes, « 768m » of compose: the same."""
    return int(text.removesuffix("Mi").removesuffix("m"))


def test_every_part_of_compose_is_there_and_every_file_is_named() -> None:
    assert RUN.keys() == (OURS - WEBS) | {"web"}
    assert RUN["web"]["spec"]["replicas"] == len(WEBS)
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*named, "kustomization.yaml"}
    (claimed,) = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["images"]
    images = {one["image"] for pod in PODS.values() for one in pod["containers"] + pod.get("initContainers", [])}
    assert images == {claimed["name"], SERVICES["web-1"]["image"]}


@pytest.mark.parametrize("name", sorted(RUN))
def test_a_part_runs_as_compose_runs_it(name: str) -> None:
    """Its command, its settings, its memory; nobody in particular, on a root that is read only."""
    ours, theirs, pod = container(name), of_compose(name), PODS[name]
    assert ours.get("command") == theirs.get("command")
    assert mebibytes(ours["resources"]["limits"]["memory"]) == mebibytes(theirs["mem_limit"])
    assert {"cpu", "memory"} <= ours["resources"]["requests"].keys()
    secrets = {one["name"]: one["valueFrom"]["secretKeyRef"]["key"] for one in ours["env"]}
    assert all(variable == key for variable, key in secrets.items())
    assert not secrets.keys() & GIVEN.keys()
    assert ours["envFrom"] == [{"configMapRef": {"name": "portail"}}]
    assert set(theirs["environment"]) <= secrets.keys() | GIVEN.keys()
    (uid,) = re.findall(r"useradd .*--uid (\d+)", DOCKERFILE)
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == int(uid)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for one in [ours, *pod.get("initContainers", [])]:
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert {mount["name"] for mount in one["volumeMounts"]} <= {volume["name"] for volume in pod["volumes"]}
    written = [volume.split(":")[1] for volume in theirs.get("volumes", [])]
    written += [place.split(":")[0] for place in theirs["tmpfs"]]
    assert sorted(mount["mountPath"] for mount in ours["volumeMounts"]) == sorted(written)
    assert all(volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"])


def test_what_is_given_is_read_and_nothing_required_lacks() -> None:
    secrets = {one["name"] for one in container("web")["env"]}
    assert secrets | GIVEN.keys() <= settings_variables() | program_variables()
    assert required() <= secrets | GIVEN.keys()
    assert all(isinstance(value, str) for value in GIVEN.values())


def test_whoever_stops_a_part_waits_longer_than_the_part_takes() -> None:
    web = container("web")
    (_, before) = web["lifecycle"]["preStop"]["exec"]["command"]
    assert PODS["web"]["terminationGracePeriodSeconds"] > gunicorn.graceful_timeout + int(before)
    for name in OURS - WEBS - {"prepare"}:
        told = SERVICES[name].get("stop_grace_period")
        assert PODS[name].get("terminationGracePeriodSeconds") == (told and seconds(told))


def test_only_who_answers_is_given_people_and_only_who_is_silent_is_started_anew() -> None:
    web = container("web")
    alive = ["python", "portal/healthcheck.py", "--alive"]
    assert web["livenessProbe"]["exec"]["command"] == web["startupProbe"]["exec"]["command"] == alive
    ready = web["readinessProbe"]["httpGet"]
    assert ready["path"] == "/sante/pret"
    assert {"name": "Host", "value": "127.0.0.1"} in ready["httpHeaders"]
    for name in OURS - WEBS - {"prepare"}:
        check = SERVICES[name]["healthcheck"]["test"][1].replace("$$", "$")
        told = container(name)["livenessProbe"]["exec"]["command"][2]
        assert told in check, name
    (budget,) = OBJECTS["PodDisruptionBudget"]
    assert (budget["metadata"]["name"], budget["spec"]["minAvailable"]) == ("web", 1)


def test_nobody_starts_before_the_database_is_ready_for_it() -> None:
    for name in RUN.keys() - {"prepare"}:
        (first,) = PODS[name]["initContainers"]
        assert first["command"] == ["python", "manage.py", "migrate", "--check"]


def test_selectors_find_what_they_select() -> None:
    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in RUN.items()}
    for name, one in RUN.items():
        assert labels[name]["app.kubernetes.io/component"] == name
        if one["kind"] == "Deployment":
            assert one["spec"]["selector"]["matchLabels"] == labels[name]
    (service,) = OBJECTS["Service"]
    assert service["spec"]["selector"] == labels["web"]
    (rule,) = OBJECTS["Ingress"][0]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert rule["host"] == GIVEN["PORTAL_ALLOWED_HOSTS"] == GIVEN["PORTAL_BASE_URL"].removeprefix("https://")


def test_who_speaks_to_whom_is_as_in_compose() -> None:
    """Closed unless a rule opens: clamd to who scans, the relay to who sends mails."""
    policies = {one["metadata"]["name"]: one["spec"] for one in OBJECTS["NetworkPolicy"]}
    closed = policies["rien-par-defaut"]
    assert (closed["podSelector"], sorted(closed["policyTypes"])) == ({}, ["Egress", "Ingress"])
    assert "ingress" not in closed
    assert "egress" not in closed
    (scanning,) = policies["analyse"]["podSelector"]["matchExpressions"]
    on = {name for name, service in SERVICES.items() if name in OURS and "analyse" in service["networks"]}
    assert set(scanning["values"]) == (on - WEBS) | {"web"}
    assert policies["courrier"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "courrier-sortant"}
    assert policies["courrier"]["egress"] == [{"ports": [{"port": int(GIVEN["EMAIL_PORT"])}]}]
