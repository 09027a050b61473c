package millrace.bench.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Judges the fields of an action by a streaming parser. What is canonical is stored as it was received; one without an event id
 * gets one.
 */
final class EventReader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .build();

  private static final int EVENT_ID = 1;
  private static final int DATETIME = 1 << 1;
  private static final int METHOD = 1 << 2;
  private static final int INGAMETIME = 1 << 3;
  private static final int IP = 1 << 4;
  private static final int X = 1 << 5;
  private static final int Y = 1 << 6;
  private static final int DEATH_COUNT = 1 << 7;
  private static final int ID = 1 << 8;
  private static final int INPUTKEY = 1 << 9;
  private static final int ACCOUNT = 1 << 10;
  private static final int CHAMPION = 1 << 11;
  private static final int STATUS = 1 << 12;
  private static final int REQUIRED = (1 << 13) - 2;
  private static final String[] NAMES = {
    "eventId", "datetime", "method", "ingametime", "ip", "x", "y", "deathCount", "id", "inputkey", "account", "champion",
    "status"
  };

  private EventReader() {}

  static Event read(byte[] body, int from, int to) throws Refusal {
    int seen = 0;
    String eventId = null;
    String account = null;
    try (JsonParser parser = JSON.createParser(body, from, to - from)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) throw new Refusal("not_an_object", "", "expected a JSON object");
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken token = parser.nextToken();
        switch (name) {
          case "eventId" -> {
            eventId = text(parser, token, name, 36, 36);
            check(Formats.isUuid(eventId), name, "a UUID in lower case");
            seen |= EVENT_ID;
          }
          case "datetime" -> {
            check(Formats.isInstant(text(parser, token, name, 24, 24)), name, "an instant with milliseconds");
            seen |= DATETIME;
          }
          case "method" -> {
            check(Formats.isMethod(text(parser, token, name, 0, 16)), name, "/move, /wait or /getItem");
            seen |= METHOD;
          }
          case "ingametime" -> {
            check(Formats.isGameTime(text(parser, token, name, 0, 7)), name, "minutes:seconds");
            seen |= INGAMETIME;
          }
          case "ip" -> {
            text(parser, token, name, 2, 45);
            seen |= IP;
          }
          case "x" -> {
            number(parser, token, name);
            seen |= X;
          }
          case "y" -> {
            number(parser, token, name);
            seen |= Y;
          }
          case "deathCount" -> {
            double count = number(parser, token, name);
            check(count >= 0 && count == Math.rint(count), name, "a whole number from 0");
            seen |= DEATH_COUNT;
          }
          case "id" -> {
            text(parser, token, name, 1, 64);
            seen |= ID;
          }
          case "inputkey" -> {
            text(parser, token, name, 0, 32);
            seen |= INPUTKEY;
          }
          case "account" -> {
            account = text(parser, token, name, 1, 128);
            seen |= ACCOUNT;
          }
          case "champion" -> {
            text(parser, token, name, 1, 64);
            seen |= CHAMPION;
          }
          case "status" -> {
            double status = number(parser, token, name);
            check(status == 0 || status == 1, name, "0 or 1");
            seen |= STATUS;
          }
          case "roomID" -> text(parser, token, name, 1, 128);
          case "createRoomDate" ->
              check(Formats.isInstant(text(parser, token, name, 24, 24)), name, "an instant with milliseconds");
          case "__proto__" -> throw new Refusal("forbidden_field", "/__proto__", "a field may not have that name");
          default -> parser.skipChildren();
        }
      }
      if (parser.nextToken() != null) throw new Refusal("not_json", "", "text after the object");
    } catch (IOException e) {
      throw new Refusal("not_json", "", e.getMessage());
    }
    int missing = REQUIRED & ~seen;
    if (missing != 0) {
      String name = NAMES[Integer.numberOfTrailingZeros(missing)];
      throw new Refusal("missing_field", "/" + name, name + " is missing");
    }
    byte[] value =
        eventId != null ? Arrays.copyOfRange(body, from, to) : withId(body, from, to, eventId = UUID.randomUUID().toString());
    return new Event(eventId, account.getBytes(StandardCharsets.UTF_8), value);
  }

  /** The object with an event id as its first field. */
  private static byte[] withId(byte[] body, int from, int to, String eventId) {
    byte[] start = ("{\"eventId\":\"" + eventId + "\",").getBytes(StandardCharsets.ISO_8859_1);
    int afterBrace = from;
    while (body[afterBrace++] != '{') {}
    byte[] value = Arrays.copyOf(start, start.length + to - afterBrace);
    System.arraycopy(body, afterBrace, value, start.length, to - afterBrace);
    return value;
  }

  private static String text(JsonParser parser, JsonToken token, String name, int least, int most)
      throws IOException, Refusal {
    check(token == JsonToken.VALUE_STRING, name, "a string");
    String text = parser.getText();
    check(text.length() >= least && text.length() <= most, name, least + " to " + most + " characters");
    return text;
  }

  private static double number(JsonParser parser, JsonToken token, String name) throws IOException, Refusal {
    check(token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT, name, "a number");
    double value = parser.getDoubleValue();
    check(Double.isFinite(value), name, "a number within the range of a double");
    return value;
  }

  private static void check(boolean holds, String name, String expected) throws Refusal {
    if (!holds) throw new Refusal("invalid_field", "/" + name, "expected " + expected);
  }
}
