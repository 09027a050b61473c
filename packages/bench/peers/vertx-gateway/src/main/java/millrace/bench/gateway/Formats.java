package millrace.bench.gateway;

/** Forms of texts, checked by hand: regular expressions cost as much as the parser. */
final class Formats {
  private static final int[] DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  private Formats() {}

  static boolean isMethod(String text) {
    return text.equals("/move") || text.equals("/wait") || text.equals("/getItem");
  }

  /** `8-4-4-4-12` digits in lower case. */
  static boolean isUuid(String text) {
    for (int i = 0; i < 36; i++) {
      char c = text.charAt(i);
      boolean isDash = i == 8 || i == 13 || i == 18 || i == 23;
      if (isDash ? c != '-' : !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) return false;
    }
    return true;
  }

  /** One to four digits, a colon, one or two digits. */
  static boolean isGameTime(String text) {
    int colon = text.indexOf(':');
    int seconds = text.length() - colon - 1;
    return colon >= 1 && colon <= 4 && seconds >= 1 && seconds <= 2 && isDigits(text, 0, colon)
        && isDigits(text, colon + 1, text.length());
  }

  /** `2024-03-24T11:25:29.845Z`, of a day that exists. */
  static boolean isInstant(String text) {
    if (text.charAt(4) != '-' || text.charAt(7) != '-' || text.charAt(10) != 'T' || text.charAt(13) != ':'
        || text.charAt(16) != ':' || text.charAt(19) != '.' || text.charAt(23) != 'Z') return false;
    if (!isDigits(text, 0, 4) || !isDigits(text, 5, 7) || !isDigits(text, 8, 10) || !isDigits(text, 11, 13)
        || !isDigits(text, 14, 16) || !isDigits(text, 17, 19) || !isDigits(text, 20, 23)) return false;
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    int day = number(text, 8, 10);
    if (month < 1 || month > 12 || day < 1) return false;
    boolean isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int days = month == 2 && isLeap ? 29 : DAYS[month - 1];
    return day <= days && number(text, 11, 13) < 24 && number(text, 14, 16) < 60 && number(text, 17, 19) < 60;
  }

  private static boolean isDigits(String text, int from, int to) {
    for (int i = from; i < to; i++) if (text.charAt(i) < '0' || text.charAt(i) > '9') return false;
    return true;
  }

  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) number = number * 10 + text.charAt(i) - '0';
    return number;
  }
}
