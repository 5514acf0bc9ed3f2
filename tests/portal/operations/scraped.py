"""What a scrape says, by name of sample and labels."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[str, list[tuple[dict[str, str], float]]]


def parsed(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def scrape(client: Client, token: str) -> Samples:
    answer = client.get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return parsed(answer.content.decode())


def value(samples: Samples, name: str, **labels: str) -> float:
    """The one value of a sample with these labels."""
    (found,) = [value for own, value in samples[name] if labels.items() <= own.items()]
    return found
