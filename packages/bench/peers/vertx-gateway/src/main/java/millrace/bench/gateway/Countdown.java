package millrace.bench.gateway;

import java.util.concurrent.atomic.AtomicInteger;

/** Does something when so many others are done, on whatever thread the last one is. */
final class Countdown {
  private final AtomicInteger rest;
  private final Runnable onDone;

  Countdown(int count, Runnable onDone) {
    rest = new AtomicInteger(count);
    this.onDone = onDone;
  }

  void down() {
    if (rest.decrementAndGet() == 0) onDone.run();
  }
}
