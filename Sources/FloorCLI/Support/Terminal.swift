import Glibc

enum Terminal {
  /// A line to standard error.
  static func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    // Nobody to hear it is no reason to fail.
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress!, $0.count) }
  }

  /// Standard output, flushed at once: for lines that come over time.
  static func tell(_ text: String) {
    print(text)
    fflush(nil)
  }
}
