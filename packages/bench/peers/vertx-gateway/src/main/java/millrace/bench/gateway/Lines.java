package millrace.bench.gateway;

import java.util.Arrays;

/** Where the records of a body of one record a line are. */
final class Lines {
  private Lines() {}

  /** The index after the last byte of each line; a line break at the end begins no further one. */
  static int[] ends(byte[] body) {
    int[] ends = new int[1024];
    int count = 0;
    for (int i = 0; i <= body.length; i++) {
      boolean isEnd = i == body.length ? i > 0 && body[i - 1] != '\n' : body[i] == '\n';
      if (!isEnd) continue;
      if (count == ends.length) ends = Arrays.copyOf(ends, count * 2);
      ends[count++] = i;
    }
    return Arrays.copyOf(ends, count);
  }
}
