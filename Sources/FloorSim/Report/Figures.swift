/// Numbers for people: fixed decimals, without locale.
public enum Figures {
  /// To the nearest, halves away from zero; a dash for what is no number.
  /// - Parameter decimals: 0 … 6.
  public static func text(_ value: Double?, decimals: Int = 2) -> String {
    guard let value, value.isFinite, abs(value) < 1e12 else { return "-" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let whole = Int64((abs(value) * scale).rounded(.toNearestOrAwayFromZero))
    let sign = value < 0 && whole != 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(whole) }
    let fraction = String(whole % Int64(scale))
    return sign + String(whole / Int64(scale)) + "." + String(repeating: "0", count: decimals - fraction.utf8.count)
      + fraction
  }

  public static func percent(_ ratio: Double?, decimals: Int = 1) -> String {
    text(ratio.map { $0 * 100 }, decimals: decimals)
  }
}
