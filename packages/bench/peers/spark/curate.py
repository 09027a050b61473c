"""The curator's work in Spark SQL.

Answers questions, a line of JSON each, and ends when its input does:

work    reads a topic to its end in micro-batches, with all columns
start   goes on with a topic until `stop`: in micro-batches with all columns, or in real-time mode, which allows no state,
        with those that need none
stop    ends what `start` began

Arguments: master, jars of the Kafka connector (comma-separated), scratch folder.
"""

import json
import os
import shutil
import sys
import traceback
import uuid

from pyspark.sql import SparkSession

ACTION = """
    eventId STRING, datetime STRING, method STRING, ingametime STRING, ip STRING, x DOUBLE, y DOUBLE, deathCount INT,
    id STRING, inputkey STRING, account STRING, champion STRING, status INT, roomID STRING, createRoomDate STRING
"""

# A record of the topic -> the action, and what can be told of it alone. The session's time zone is UTC.
READ = """
    SELECT
        action.* EXCEPT (champion),
        coalesce(champions[regexp_replace(lower(action.champion), "[\\\\s'’]", '')], action.champion) AS champion,
        unix_millis(to_timestamp(action.datetime)) AS timeMs,
        coalesce(
            left(action.createRoomDate, 10),
            date_format(
                to_timestamp(action.datetime) - make_dt_interval(
                    0,
                    0,
                    CAST(split_part(action.ingametime, ':', 1) AS INT),
                    CAST(split_part(action.ingametime, ':', 2) AS INT)
                ),
                'yyyy-MM-dd'
            )
        ) AS roomDay,
        action.x + action.y AS `x+y`,
        IF(action.method = '/getItem', 1, 0) AS buyItem,
        offset
    FROM (
        SELECT
            from_json(CAST(value AS STRING), '%s') AS action,
            from_json(:champions, 'MAP<STRING, STRING>') AS champions,
            offset
        FROM {records}
    )
""" % ACTION.replace("\n", " ")

# The previous move of the same player in the same match; of what is known from earlier batches only the latest is needed.
DERIVE = """
    SELECT
        *,
        hypot(x - previous.x, y - previous.y) AS displacement,
        timeMs - previous.timeMs AS elapsedMs,
        hypot(x - previous.x, y - previous.y) / greatest(timeMs - previous.timeMs, 1) * 1000 AS speed
    FROM (
        SELECT * EXCEPT (latest), IF(method = '/move' AND timeMs - latest.timeMs <= 300000, latest, NULL) AS previous
        FROM (
            SELECT
                *,
                lag(struct(timeMs, x, y)) OVER (
                    PARTITION BY account, roomID, method = '/move' ORDER BY timeMs, offset
                ) AS latest
            FROM {actions}
        )
    )
    WHERE isNew
"""

LATEST_MOVES = """
    SELECT move.* FROM (
        SELECT max_by(struct(*), struct(timeMs, offset)) AS move FROM {actions} WHERE method = '/move' GROUP BY account
    )
"""

WRITE = """
    SELECT
        account AS key,
        to_json(
            struct(
                eventId, datetime, method, ingametime, ip, x, y, deathCount, id, inputkey, account, champion, status, roomID,
                createRoomDate, roomDay, `x+y`, buyItem%s
            ),
            map('ignoreNullFields', 'false')
        ) AS value
    FROM {actions}
"""


def fold(name):
    return "".join(name.lower().split()).replace("'", "").replace("’", "")


class Curator:
    """One query from a topic to a topic."""

    def __init__(self, spark, ask, scratch):
        self.spark = spark
        self.ask = ask
        self.folder = os.path.join(scratch, f"query-{uuid.uuid4()}")
        self.champions = json.dumps({fold(name): name for name in ask["champions"]})

    def read(self, spark, records):
        return spark.sql(READ, args={"champions": self.champions}, records=records)

    def records(self):
        return (
            self.spark.readStream.format("kafka")
            .option("kafka.bootstrap.servers", self.ask["brokers"])
            .option("subscribe", self.ask["from"])
            .option("startingOffsets", "earliest")
            .load()
        )

    def sink(self, writer):
        return (
            writer.format("kafka")
            .option("kafka.bootstrap.servers", self.ask["brokers"])
            .option("topic", self.ask["to"])
            .option("kafka.acks", "all")
        )

    def checkpoint(self):
        return os.path.join(self.folder, "checkpoint")

    def moves_after(self, batch_id):
        return os.path.join(self.folder, "latest-moves", str(batch_id))

    def curate_batch(self, batch, batch_id):
        """Curates a batch with the latest moves of the batch before, and keeps those of this one for the next."""
        spark = batch.sparkSession
        actions = self.read(spark, batch).selectExpr("*", "true AS isNew")
        before = self.moves_after(batch_id - 1)
        if os.path.exists(before):
            known = spark.read.schema(actions.schema).parquet(before)
            actions = actions.unionByName(known.selectExpr("* EXCEPT (isNew)", "false AS isNew"))
        actions = actions.persist()
        try:
            derived = spark.sql(DERIVE, actions=actions)
            self.sink(spark.sql(WRITE % ", displacement, elapsedMs, speed", actions=derived).write).save()
            spark.sql(LATEST_MOVES, actions=actions).coalesce(1).write.mode("overwrite").parquet(
                self.moves_after(batch_id)
            )
            shutil.rmtree(self.moves_after(batch_id - 2), ignore_errors=True)
        finally:
            actions.unpersist()

    def micro_batches(self, **trigger):
        return (
            self.records()
            .writeStream.foreachBatch(self.curate_batch)
            .option("checkpointLocation", self.checkpoint())
            .trigger(**trigger)
            .start()
        )

    def real_time(self):
        actions = self.read(self.spark, self.records())
        output = self.spark.sql(WRITE % "", actions=actions).writeStream.outputMode("update")
        return (
            self.sink(output).option("checkpointLocation", self.checkpoint()).trigger(realTime="5 minutes").start()
        )

    def to_the_end(self):
        """Records per second of the batches; planning the query and joining do not count."""
        query = self.micro_batches(availableNow=True)
        query.awaitTermination()
        batches = [progress for progress in query.recentProgress if progress["numInputRows"] > 0]
        took_ms = sum(progress["durationMs"]["triggerExecution"] for progress in batches)
        return {"perSecond": self.ask["records"] / (took_ms / 1000), "batches": len(batches)}

    def forget(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def open_session(master, jars, scratch):
    spark = (
        SparkSession.builder.master(master)
        .appName("bench")
        .config("spark.jars", jars)
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.local.dir", scratch)
        .config("spark.sql.warehouse.dir", os.path.join(scratch, "warehouse"))
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def main():
    master, jars, scratch = sys.argv[1:]
    # Spark's own prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    spark = open_session(master, jars, scratch)
    running = None
    for line in sys.stdin:
        ask = json.loads(line)
        answer = {}
        try:
            if ask["ask"] == "work":
                curator = Curator(spark, ask, scratch)
                answer = curator.to_the_end()
                curator.forget()
            elif ask["ask"] == "start":
                curator = Curator(spark, ask, scratch)
                running = curator.real_time() if ask["realTime"] else curator.micro_batches(processingTime="0 seconds")
            elif ask["ask"] == "stop":
                running.stop()
            else:
                raise ValueError(f"unknown: {line}")
        except Exception:  # whatever it is, the asker must be told
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
    spark.stop()


main()
