package millrace.bench.streams;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** A player's latest move: what the next one is measured against. */
record PreviousMove(long timeMs, double x, double y, String roomID) {
  private static final int NUMBERS = 3 * Long.BYTES;

  static Serde<PreviousMove> serde() {
    return Serdes.serdeFrom((topic, move) -> move == null ? null : move.toBytes(), (topic, bytes) -> fromBytes(bytes));
  }

  private byte[] toBytes() {
    byte[] room = roomID.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(NUMBERS + room.length).putLong(timeMs).putDouble(x).putDouble(y).put(room).array();
  }

  private static PreviousMove fromBytes(byte[] bytes) {
    if (bytes == null) return null;
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new PreviousMove(
        buffer.getLong(),
        buffer.getDouble(),
        buffer.getDouble(),
        new String(bytes, NUMBERS, bytes.length - NUMBERS, StandardCharsets.UTF_8));
  }
}
