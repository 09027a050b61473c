package millrace.bench.streams;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Curates actions of a topic into another. */
final class Curator extends Application {
  /** Takes champions, too. */
  Curator(JsonNode ask) {
    super(ask);
  }

  @Override
  Topology topology() {
    Map<String, String> champions = new HashMap<>();
    for (JsonNode name : ask.get("champions")) champions.put(CurateAction.fold(name.textValue()), name.textValue());
    StoreBuilder<?> store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(CurateAction.STORE), Serdes.String(), PreviousMove.serde())
            .withCachingEnabled();
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(from(), Consumed.with(Serdes.String(), Json.serde()))
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
        .to(to(), Produced.with(Serdes.String(), Json.serde()));
    return builder.build();
  }
}
