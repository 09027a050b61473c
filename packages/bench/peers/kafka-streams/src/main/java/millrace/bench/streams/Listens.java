package millrace.bench.streams;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;

/** Listens joined with their customer and their track, which are global tables in memory. */
final class Listens extends Application {
  private static final int REGION_CHARACTERS = 3;

  private record Customer(
      @JsonProperty("Gender") Integer gender,
      @JsonProperty("Age") Integer age,
      @JsonProperty("Level") Integer level,
      @JsonProperty("Status") Integer status,
      @JsonProperty("Campaign") Integer campaign) {}

  private record Track(
      @JsonProperty("Title") String title,
      @JsonProperty("Artist") String artist,
      @JsonProperty("Length") Integer length) {}

  /** Takes the topics customers and tracks, too. */
  Listens(JsonNode ask) {
    super(ask);
  }

  @Override
  Topology topology() {
    StreamsBuilder builder = new StreamsBuilder();
    GlobalKTable<String, Customer> customers = table(builder, "customers", Json.serde(Customer.class));
    GlobalKTable<String, Track> tracks = table(builder, "tracks", Json.serde(Track.class));
    builder.stream(from(), Consumed.with(Serdes.String(), Json.serde()))
        .leftJoin(customers, (key, listen) -> listen.get("customer_id").asText(), Listens::withCustomer)
        .leftJoin(tracks, (key, listen) -> listen.get("track_id").asText(), Listens::withTrack)
        .to(to(), Produced.with(Serdes.String(), Json.serde()));
    return builder.build();
  }

  private <T> GlobalKTable<String, T> table(StreamsBuilder builder, String name, Serde<T> serde) {
    return builder.globalTable(
        ask.get(name).textValue(),
        Materialized.<String, T>as(Stores.inMemoryKeyValueStore(name)).withKeySerde(Serdes.String()).withValueSerde(serde));
  }

  private static ObjectNode withCustomer(ObjectNode listen, Customer customer) {
    String datetime = listen.get("datetime").textValue();
    String zip = listen.get("listening_zip").textValue();
    int characters = Math.min(REGION_CHARACTERS, zip.codePointCount(0, zip.length()));
    listen.put("day", datetime.substring(0, 10));
    listen.put("part", partOfDay(Instant.parse(datetime).atOffset(ZoneOffset.UTC).getHour()));
    listen.put("region", zip.substring(0, zip.offsetByCodePoints(0, characters)));
    // A global table is read once: what was missing stays so.
    listen.put("healed", false);
    ArrayNode missing = listen.putArray("missing");
    if (customer == null) {
      missing.add("customer");
      return listen.putNull("gender").putNull("age").putNull("level").putNull("status").putNull("campaign");
    }
    return listen
        .put("gender", customer.gender())
        .put("age", customer.age())
        .put("level", customer.level())
        .put("status", customer.status())
        .put("campaign", customer.campaign());
  }

  private static ObjectNode withTrack(ObjectNode listen, Track track) {
    if (track == null) {
      listen.withArray("missing").add("track");
      return listen.putNull("title").putNull("artist").putNull("length");
    }
    return listen.put("title", track.title()).put("artist", track.artist()).put("length", track.length());
  }

  private static String partOfDay(int hour) {
    if (hour < 5 || hour >= 22) return "night";
    if (hour < 12) return "morning";
    return hour < 17 ? "afternoon" : "evening";
  }
}
