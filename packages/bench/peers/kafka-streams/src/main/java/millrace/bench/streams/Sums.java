package millrace.bench.streams;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.Stores;

/** Sums of bytes per five minutes by app, by antenna and by device. */
final class Sums extends Application {
  private static final Duration WINDOW = Duration.ofMinutes(5);
  private static final Duration GRACE = Duration.ofHours(1);
  /** Results of this time are published as one. */
  private static final long PUBLISH_MS = 1_000;
  private static final long CACHE_BYTES = 64L << 20;
  private static final int GROUPS = 3;
  /** Between the kind of a group and its id. */
  private static final char SEPARATOR = '\u0000';
  private static final DateTimeFormatter INSTANT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private record Result(String timestamp, String type, String id, long value, long events) {}

  private final LongAdder read = new LongAdder();
  private final LongAdder summed = new LongAdder();

  Sums(JsonNode ask) {
    super(ask);
  }

  @Override
  void set(Properties settings) {
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, PUBLISH_MS);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE_BYTES);
  }

  @Override
  Topology topology() {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(
            from(),
            Consumed.with(Serdes.String(), Json.serde(Traffic.class))
                .withTimestampExtractor((record, partitionTime) -> ((Traffic) record.value()).timestamp() * 1000))
        .flatMap((device, traffic) -> groupsOf(traffic))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
        .aggregate(
            () -> Sum.ZERO,
            (group, bytes, sum) -> {
              summed.increment();
              return sum.add(bytes);
            },
            Materialized.<String, Sum>as(
                    Stores.inMemoryWindowStore("sums", WINDOW.plus(GRACE), WINDOW, false))
                .withKeySerde(Serdes.String())
                .withValueSerde(Sum.serde())
                .withCachingEnabled())
        .toStream()
        .map(Sums::resultOf)
        .to(to(), Produced.with(Serdes.String(), Json.serde(Result.class)));
    return builder.build();
  }

  private List<KeyValue<String, Long>> groupsOf(Traffic traffic) {
    read.increment();
    Long bytes = traffic.bytes();
    return List.of(
        KeyValue.pair("app_total_bytes" + SEPARATOR + traffic.app().toUpperCase(Locale.ROOT), bytes),
        KeyValue.pair("antenna_total_bytes" + SEPARATOR + traffic.antennaId(), bytes),
        KeyValue.pair("user_total_bytes" + SEPARATOR + traffic.id(), bytes));
  }

  private static KeyValue<String, Result> resultOf(Windowed<String> group, Sum sum) {
    int at = group.key().indexOf(SEPARATOR);
    String id = group.key().substring(at + 1);
    String start = INSTANT.format(Instant.ofEpochMilli(group.window().start()));
    return KeyValue.pair(id, new Result(start, group.key().substring(0, at), id, sum.bytes(), sum.events()));
  }

  /** The end is when the last result is stored: the records are all summed, and a commit of every thread has published what changed. */
  @Override
  double finish(long records) throws InterruptedException {
    long readBefore = read.sum();
    long fromNs = System.nanoTime();
    until("every record to be summed", () -> summed.sum() >= GROUPS * records);
    long summedNs = System.nanoTime();
    long quietNs = (PUBLISH_MS + 1_000) * 1_000_000;
    until(
        "the results to be stored",
        () -> System.nanoTime() - Math.max(summedNs, Acknowledged.lastNs()) > quietNs);
    return Math.max(0, records - readBefore) / ((Acknowledged.lastNs() - fromNs) / 1e9);
  }
}
