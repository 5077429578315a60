"""Tables of a campaign as Parquet; where pyarrow is installed."""

import csv
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from campaign_folder import campaign_in
from command_line import circuitsim

from circuitsim import campaign


def test_parquet_tables_are_those_of_csv_with_types_and_units(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is optional: the extra [parquet]")
    plan = campaign_in(tmp_path)
    with ThreadPoolExecutor(1) as executor:
        list(campaign.run_campaign(plan, tmp_path / "out", engine=campaign.given_engine(executor)))
    done = circuitsim("campaign", "collect", "out", "-o", "c", "--tables", "parquet", folder=tmp_path)
    assert done.returncode == 0 and {path.name for path in (tmp_path / "c").iterdir()} == {
        "results.nc",
        "results.parquet",
        "statistics.parquet",
    }
    circuitsim("campaign", "collect", "out", "-o", "d", folder=tmp_path)
    head, *lines = csv.reader((tmp_path / "d" / "results.csv").open())
    table = parquet.read_table(tmp_path / "c" / "results.parquet")
    assert table.column_names == [name.partition(" [")[0] for name in head]
    assert json.loads(table.schema.metadata[b"units"]) == {"r_row": "ohm", "m x": "V", "m y": "A"}
    assert table.schema.field("m y").metadata == {b"units": b"A"} and table.schema.metadata[b"title"] == b"campaign"
    rows = [[str(each) for each in row.values()] for row in table.to_pylist()]
    kinds = (int, float, int, str, float, float)
    assert [[kind(each) for kind, each in zip(kinds, row, strict=True)] for row in rows] == [
        [kind(each) for kind, each in zip(kinds, line, strict=True)] for line in lines
    ]


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "results.csv").write_text("older")
    done = circuitsim("campaign", "collect", "out", "-o", "c", "--tables", "parquet", folder=tmp_path)
    assert done.returncode == 2 and "pip install 'circuitsim[parquet]'" in done.stderr
    assert (tmp_path / "c" / "results.csv").read_text() == "older"
