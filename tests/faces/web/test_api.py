from __future__ import annotations

import pytest
from werkzeug.test import Client

from tests.faces.filled import SAMPLES
from tests.faces.web.asking import client, read_samples, told

LOGS = sorted(path.name for path in SAMPLES.glob("*.log"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The page about all sample logs: with clocks and without, leaky and healthy."""
    return client(read_samples(tmp_path_factory.mktemp("db") / "timeline.db", *LOGS))


@pytest.mark.parametrize("log", LOGS)
def test_every_answer_is_as_described(samples: Client, log: str) -> None:
    """For each service: charts, lanes of each kind, connections, findings, statistics."""
    service = log.removesuffix(".log")
    live = told(samples, "/live", service=service, width=200)
    assert 200 >= len(live["at"])
    for by in ("client", "path", "service"):
        lanes = told(samples, "/lanes", service=service, by=by)
        for lane in lanes["lanes"]:
            for bar in lane["bars"][:5]:
                if bar["number"] is not None:
                    told(samples, "/connection", service=service, number=bar["number"])
    for one in told(samples, "/findings", service=service)["findings"]:
        told(samples, "/finding", service=service, id=one["id"])
    told(samples, "/statistics", service=service)
    told(samples, "/report", service=service)


def test_all_services_rules_and_sources(samples: Client) -> None:
    """What is not about one service."""
    assert len(LOGS) == len(told(samples, "/services")["services"])
    assert len(told(samples, "/rules")["rules"]) > 4
    for source in told(samples, "/sources")["sources"]:
        assert 0 == source["behind"]
        told(samples, "/unknown", source=source["id"])
    told(samples, "/status")
    told(samples, "/report")
