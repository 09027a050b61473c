package millrace.bench.streams;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** One application that curates a topic into another, with a thread per core. */
final class Curator implements AutoCloseable {
  private static final long PATIENCE_MS = 120_000;

  private final JsonNode ask;
  private final int threads;
  private final KafkaStreams streams;

  /** Takes brokers, from, to, directory, threads, champions and, where the default is not meant, lingerMs. */
  Curator(JsonNode ask) {
    this.ask = ask;
    this.threads = ask.get("threads").intValue();
    Acknowledged.COUNT.set(0);
    Acknowledged.topic = ask.get("to").textValue();
    streams = new KafkaStreams(topology(), settings());
  }

  private Topology topology() {
    Map<String, String> champions = new HashMap<>();
    for (JsonNode name : ask.get("champions")) champions.put(CurateAction.fold(name.textValue()), name.textValue());
    StoreBuilder<?> store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(CurateAction.STORE), Serdes.String(), PreviousMove.serde())
            .withCachingEnabled();
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(ask.get("from").textValue(), Consumed.with(Serdes.String(), Json.serde()))
        .processValues(
            new FixedKeyProcessorSupplier<String, ObjectNode, ObjectNode>() {
              @Override
              public FixedKeyProcessor<String, ObjectNode, ObjectNode> get() {
                return new CurateAction(champions);
              }

              @Override
              public Set<StoreBuilder<?>> stores() {
                return Set.of(store);
              }
            })
        .to(ask.get("to").textValue(), Produced.with(Serdes.String(), Json.serde()));
    return builder.build();
  }

  private Properties settings() {
    String id = "bench-streams-" + UUID.randomUUID();
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, ask.get("brokers").textValue());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(ask.get("directory").textValue(), id).toString());
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 * 1024);
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG), Acknowledged.class.getName());
    if (ask.has("lingerMs"))
      settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), ask.get("lingerMs").intValue());
    return settings;
  }

  /** Begins, and returns once every thread has its share. */
  void start() throws InterruptedException {
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
    until("every thread to have partitions", () -> streams.state() == KafkaStreams.State.RUNNING && everyThreadHasWork());
  }

  private boolean everyThreadHasWork() {
    long busy = streams.metadataForLocalThreads().stream().filter(thread -> !thread.activeTasks().isEmpty()).count();
    return busy == threads;
  }

  /**
   * Waits until so many outputs are stored; returns records per second from now on: what was stored before every thread had its
   * share does not count. 0 where that was everything.
   */
  double finish(long records) throws InterruptedException {
    long storedBefore = Acknowledged.COUNT.get();
    long fromNs = System.nanoTime();
    until("the outputs to be stored", () -> Acknowledged.COUNT.get() >= records);
    return Math.max(0, records - storedBefore) / ((System.nanoTime() - fromNs) / 1e9);
  }

  private void until(String what, BooleanSupplier isDone) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
    while (!isDone.getAsBoolean()) {
      if (streams.state().hasCompletedShutdown()) throw new IllegalStateException("The application failed.");
      if (System.nanoTime() > deadline)
        throw new IllegalStateException(
            "Waited too long for " + what + "; state " + streams.state() + ", stored " + Acknowledged.COUNT.get());
      Thread.sleep(1);
    }
  }

  @Override
  public void close() {
    streams.close(Duration.ofSeconds(20));
    streams.cleanUp();
  }
}
