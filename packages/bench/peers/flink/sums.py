"""The aggregator's sums of five minutes in Flink SQL.

Answers questions, a line of JSON each, and ends when its input does:

work    sums what a topic holds, and what comes before its end

Arguments: jars of the Kafka connector (comma-separated), scratch folder.
"""

import json
import os
import pathlib
import sys
import time
import traceback

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

PARALLELISM = 2
# Of the sources: one hour behind the newest event of their partition, as the aggregator's grace.
SOURCE = """
    CREATE TEMPORARY TABLE traffic (
        `bytes` BIGINT,
        `timestamp` BIGINT,
        app STRING,
        id STRING,
        antenna_id STRING,
        event_time AS TO_TIMESTAMP_LTZ(`timestamp`, 0),
        WATERMARK FOR event_time AS event_time - INTERVAL '1' HOUR
    ) WITH (
        'connector' = 'kafka',
        'properties.bootstrap.servers' = '{brokers}',
        'topic' = '{source}',
        'scan.startup.mode' = 'earliest-offset',
        'scan.bounded.mode' = 'latest-offset',
        'format' = 'json'
    )
"""

SINK = """
    CREATE TEMPORARY TABLE sums (
        `timestamp` STRING,
        type STRING,
        id STRING,
        `value` BIGINT,
        events BIGINT
    ) WITH (
        'connector' = 'kafka',
        'properties.bootstrap.servers' = '{brokers}',
        'properties.acks' = 'all',
        'properties.batch.size' = '131072',
        'topic' = '{to}',
        'key.format' = 'raw',
        'key.fields' = 'id',
        'value.format' = 'json',
        'sink.delivery-guarantee' = 'at-least-once'
    )
"""

SUMS = """
    INSERT INTO sums
    SELECT
        DATE_FORMAT(window_start, 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''),
        CASE GROUPING_ID(app, antenna_id, id)
            WHEN 3 THEN 'app_total_bytes'
            WHEN 5 THEN 'antenna_total_bytes'
            ELSE 'user_total_bytes'
        END,
        COALESCE(app, antenna_id, id),
        SUM(`bytes`),
        COUNT(*)
    FROM TABLE(
        TUMBLE(TABLE traffic_of_apps, DESCRIPTOR(event_time), INTERVAL '5' MINUTES)
    )
    GROUP BY window_start, window_end, GROUPING SETS ((app), (antenna_id), (id))
"""

APPS = """
    CREATE TEMPORARY VIEW traffic_of_apps AS
    SELECT `bytes`, UPPER(app) AS app, id, antenna_id, event_time FROM traffic
"""


def open_environment(jars, scratch):
    configuration = Configuration()
    for name, value in {
        "parallelism.default": str(PARALLELISM),
        "pipeline.jars": ";".join(pathlib.Path(jar).as_uri() for jar in jars.split(",")),
        "pipeline.object-reuse": "true",
        "table.local-time-zone": "UTC",
        "io.tmp.dirs": scratch,
        "state.backend.type": "hashmap",
        "execution.checkpointing.mode": "AT_LEAST_ONCE",
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": pathlib.Path(scratch, "checkpoints").as_uri(),
    }.items():
        configuration.set_string(name, value)
    return TableEnvironment.create(
        EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    )


def run(tables, ask, source, to):
    """Seconds of one query over a bounded topic, from its start to its end."""
    for kind, name in (("VIEW", "traffic_of_apps"), ("TABLE", "traffic"), ("TABLE", "sums")):
        tables.execute_sql(f"DROP TEMPORARY {kind} IF EXISTS {name}")
    tables.execute_sql(SOURCE.format(brokers=ask["brokers"], source=source))
    tables.execute_sql(SINK.format(brokers=ask["brokers"], to=to))
    tables.execute_sql(APPS)
    started = time.monotonic()
    tables.execute_sql(SUMS).wait()
    return time.monotonic() - started


class Summing:
    def __init__(self, tables):
        self.tables = tables
        self.without_records = float("inf")

    def work(self, ask):
        """Records per second. What a query without records takes, planning and starting it, does not count."""
        self.without_records = min(self.without_records, run(self.tables, ask, ask["empty"], ask["to"]))
        took = run(self.tables, ask, ask["from"], ask["to"])
        return {"perSecond": ask["records"] / (took - min(self.without_records, took / 2))}


def main():
    jars, scratch = sys.argv[1:]
    # Flink's own prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    pathlib.Path(scratch).mkdir(parents=True, exist_ok=True)
    summing = Summing(open_environment(jars, scratch))
    for line in sys.stdin:
        try:
            ask = json.loads(line)
            if ask["ask"] != "work":
                raise ValueError(f"unknown: {line}")
            answer = summing.work(ask)
        except Exception:  # whatever it is, the asker must be told
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")


main()
