package millrace.bench.streams;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;

/** Adds the derived columns to an action, with the player's previous move out of a state store. */
final class CurateAction extends ContextualFixedKeyProcessor<String, ObjectNode, ObjectNode> {
  static final String STORE = "previous-moves";
  private static final long HORIZON_MS = 300_000;
  private static final Pattern FOLDED = Pattern.compile("[\\s'’]");

  /** Canonical spellings by folded name. */
  private final Map<String, String> champions;
  private KeyValueStore<String, PreviousMove> previousMoves;

  CurateAction(Map<String, String> champions) {
    this.champions = champions;
  }

  static String fold(String name) {
    return FOLDED.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("");
  }

  @Override
  public void init(FixedKeyProcessorContext<String, ObjectNode> context) {
    super.init(context);
    previousMoves = context.getStateStore(STORE);
  }

  @Override
  public void process(FixedKeyRecord<String, ObjectNode> record) {
    ObjectNode action = record.value();
    long timeMs = Instant.parse(action.get("datetime").textValue()).toEpochMilli();
    double x = action.get("x").doubleValue();
    double y = action.get("y").doubleValue();
    String method = action.get("method").textValue();
    String champion = action.get("champion").textValue();
    action.put("champion", champions.getOrDefault(fold(champion), champion));
    action.put("roomDay", roomDay(action, timeMs));
    action.put("x+y", x + y);
    action.put("buyItem", method.equals("/getItem") ? 1 : 0);
    PreviousMove previous = method.equals("/move") ? replacePrevious(record.key(), action, timeMs, x, y) : null;
    if (previous == null) {
      action.putNull("displacement").putNull("elapsedMs").putNull("speed");
    } else {
      double displacement = Math.hypot(x - previous.x(), y - previous.y());
      long elapsedMs = timeMs - previous.timeMs();
      action.put("displacement", displacement);
      action.put("elapsedMs", elapsedMs);
      action.put("speed", displacement / Math.max(elapsedMs, 1) * 1000);
    }
    context().forward(record.withValue(action));
  }

  /** Keeps this move for the next one and returns the one before it, where the two belong together. */
  private PreviousMove replacePrevious(String account, ObjectNode action, long timeMs, double x, double y) {
    String roomID = action.path("roomID").asText("");
    PreviousMove previous = previousMoves.get(account);
    previousMoves.put(account, new PreviousMove(timeMs, x, y, roomID));
    boolean belongs =
        previous != null && previous.roomID().equals(roomID) && timeMs - previous.timeMs() <= HORIZON_MS;
    return belongs ? previous : null;
  }

  private static String roomDay(ObjectNode action, long timeMs) {
    if (action.hasNonNull("createRoomDate")) return action.get("createRoomDate").textValue().substring(0, 10);
    String[] gameTime = action.get("ingametime").textValue().split(":");
    long gameSeconds = Long.parseLong(gameTime[0]) * 60 + Long.parseLong(gameTime[1]);
    Instant start = Instant.ofEpochMilli(timeMs - gameSeconds * 1000);
    return LocalDate.ofInstant(start, ZoneOffset.UTC).toString();
  }
}
