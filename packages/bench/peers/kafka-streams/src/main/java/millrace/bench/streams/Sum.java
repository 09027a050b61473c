package millrace.bench.streams;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** Bytes of a window and group, and how many events they are of. */
record Sum(long bytes, long events) {
  static final Sum ZERO = new Sum(0, 0);

  Sum add(long more) {
    return new Sum(bytes + more, events + 1);
  }

  static Serde<Sum> serde() {
    return Serdes.serdeFrom(
        (topic, sum) -> sum == null ? null : ByteBuffer.allocate(16).putLong(sum.bytes).putLong(sum.events).array(),
        (topic, data) -> {
          if (data == null) return null;
          ByteBuffer buffer = ByteBuffer.wrap(data);
          return new Sum(buffer.getLong(), buffer.getLong());
        });
  }
}
