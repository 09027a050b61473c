package millrace.bench.streams;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** JSON objects as values of a stream. */
final class Json {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static Serde<ObjectNode> serde() {
    return Serdes.serdeFrom((topic, value) -> write(value), (topic, bytes) -> read(bytes));
  }

  private static byte[] write(ObjectNode value) {
    try {
      return value == null ? null : MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new SerializationException(e);
    }
  }

  private static ObjectNode read(byte[] bytes) {
    try {
      return bytes == null ? null : (ObjectNode) MAPPER.readTree(bytes);
    } catch (IOException | ClassCastException e) {
      throw new SerializationException(e);
    }
  }
}
