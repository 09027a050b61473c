package millrace.bench.gateway;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Serves on 127.0.0.1 until its input ends. Arguments: brokers, topic, port, hash of the API key, linger in ms, event loops. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    int loops = Integer.parseInt(args[5]);
    Map<String, Object> settings =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0],
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.LINGER_MS_CONFIG, args[4],
            ProducerConfig.BATCH_SIZE_CONFIG, 512 * 1024,
            ProducerConfig.BUFFER_MEMORY_CONFIG, 128 << 20,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(loops));
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      // Metadata first: `send` would block an event loop for it.
      producer.partitionsFor(args[1]);
      for (int i = 0; i < loops; i++)
        vertx.deployVerticle(gateway(producer, args), new DeploymentOptions()).toCompletionStage().toCompletableFuture().get();
      System.out.println("{}");
      System.out.flush();
      while (System.in.read() >= 0) {}
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
    System.exit(0);
  }

  private static Gateway gateway(KafkaProducer<byte[], byte[]> producer, String[] args) throws NoSuchAlgorithmException {
    return new Gateway(producer, args[1], Integer.parseInt(args[2]), args[3]);
  }
}
