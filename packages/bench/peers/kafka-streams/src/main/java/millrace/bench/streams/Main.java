package millrace.bench.streams;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

/**
 * Answers questions, a line of JSON each: `work` reads a topic to its end, `start` goes on with one until the input of this
 * process ends. The process ends with its input, and so with who started it.
 */
public final class Main {
  private static Application running;

  private Main() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader asks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asks.readLine(); line != null; line = asks.readLine()) {
      ObjectNode answer = Json.MAPPER.createObjectNode();
      try {
        answer(Json.MAPPER.readTree(line), answer);
      } catch (Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        answer.put("error", trace.toString());
      }
      answers.println(answer);
      answers.flush();
    }
    if (running != null) running.close();
    System.exit(0);
  }

  private static void answer(JsonNode ask, ObjectNode answer) throws InterruptedException {
    switch (ask.get("ask").textValue()) {
      case "work" -> {
        try (Application application = applicationOf(ask)) {
          application.start();
          answer.put("perSecond", application.finish(ask.get("records").longValue()));
        }
      }
      case "start" -> {
        running = applicationOf(ask);
        running.start();
      }
      default -> throw new IllegalArgumentException("Unknown: " + ask);
    }
  }

  private static Application applicationOf(JsonNode ask) {
    return switch (ask.get("work").textValue()) {
      case "curation" -> new Curator(ask);
      case "sums" -> new Sums(ask);
      case "listens" -> new Listens(ask);
      default -> throw new IllegalArgumentException("Unknown: " + ask);
    };
  }
}
