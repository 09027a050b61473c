package millrace.bench.streams;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Counts the outputs that the broker has acknowledged: Streams itself does not tell when a bounded input is done. */
public final class Acknowledged implements ProducerInterceptor<byte[], byte[]> {
  private static final AtomicLong COUNT = new AtomicLong();
  private static volatile String topic = "";
  private static volatile long lastNs;

  static void reset(String ofTopic) {
    topic = ofTopic;
    COUNT.set(0);
    lastNs = System.nanoTime();
  }

  static long count() {
    return COUNT.get();
  }

  /** When the last of them was acknowledged, as System.nanoTime. */
  static long lastNs() {
    return lastNs;
  }

  @Override
  public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
    return record;
  }

  @Override
  public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
    if (exception != null || !metadata.topic().equals(topic)) return;
    COUNT.incrementAndGet();
    lastNs = System.nanoTime();
  }

  @Override
  public void close() {}

  @Override
  public void configure(Map<String, ?> configs) {}
}
