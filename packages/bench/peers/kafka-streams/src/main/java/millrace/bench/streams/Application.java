package millrace.bench.streams;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** One application with a thread per core that works from a topic into another. */
abstract class Application implements AutoCloseable {
  private static final long PATIENCE_MS = 120_000;

  protected final JsonNode ask;
  private final int threads;
  private KafkaStreams streams;

  /** Takes brokers, from, to, directory, threads and, where the default is not meant, lingerMs. */
  Application(JsonNode ask) {
    this.ask = ask;
    this.threads = ask.get("threads").intValue();
    Acknowledged.reset(to());
  }

  abstract Topology topology();

  /** Adds what this application sets beside the settings of all. */
  void set(Properties settings) {}

  final String from() {
    return ask.get("from").textValue();
  }

  final String to() {
    return ask.get("to").textValue();
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
    set(settings);
    return settings;
  }

  /** Begins, and returns once every thread has its share. */
  final void start() throws InterruptedException {
    streams = new KafkaStreams(topology(), settings());
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
   * Waits until the results of so many records are stored; returns records per second from now on: what was done before every
   * thread had its share does not count. 0 where that was everything.
   */
  double finish(long records) throws InterruptedException {
    long storedBefore = Acknowledged.count();
    long fromNs = System.nanoTime();
    until("the outputs to be stored", () -> Acknowledged.count() >= records);
    return Math.max(0, records - storedBefore) / ((System.nanoTime() - fromNs) / 1e9);
  }

  final void until(String what, BooleanSupplier isDone) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
    while (!isDone.getAsBoolean()) {
      if (streams.state().hasCompletedShutdown()) throw new IllegalStateException("The application failed.");
      if (System.nanoTime() > deadline)
        throw new IllegalStateException(
            "Waited too long for " + what + "; state " + streams.state() + ", stored " + Acknowledged.count());
      Thread.sleep(1);
    }
  }

  @Override
  public final void close() {
    if (streams == null) return;
    streams.close(Duration.ofSeconds(20));
    streams.cleanUp();
  }
}
