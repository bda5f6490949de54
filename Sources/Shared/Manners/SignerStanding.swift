/// What an answer to an order or a cancel says of the signer's token buckets (protocol document, section 2.16). Each part may be missing.
public struct SignerStanding: Hashable, Sendable {
  /// Tokens left in the bucket that the request took from; below zero after a cancel that owed some.
  public let remaining: Int64?
  /// When the wait for a token ends, by the venue's clock; it may have ended already.
  public let reset: WallTime?
  /// The tier as the venue writes it.
  public let tier: String?
  /// The venue only warns at present, and would have refused this request.
  public let isWarned: Bool

  /// `nil` when the answer has none of these headers. A part that does not read is a missing one: what a limit says must not be guessed.
  /// - Parameter headers: names in lower case.
  public init?(headers: [String: String]) {
    func text(_ name: String) -> String? {
      guard let value = headers["poly-ratelimit-" + name], !value.isEmpty else { return nil }
      return value
    }
    // Fractions of a token are no token, and fractions of a second are waited for.
    remaining = text("remaining").flatMap { Self.whole($0, roundedUp: false) }
    reset = text("reset").flatMap { Self.whole($0, roundedUp: true) }.flatMap { Self.time($0) }
    tier = text("tier")
    isWarned = text("warning")?.lowercased() == "true"
    if remaining == nil, reset == nil, tier == nil, !isWarned { return nil }
  }

  /// Before 2200: no stamp that is let in can overflow later arithmetic.
  private static func time(_ seconds: Int64) -> WallTime? {
    (0..<7_258_118_400).contains(seconds) ? WallTime(seconds: seconds) : nil
  }

  /// A decimal number, with however many decimals, as the whole one below it, or above.
  private static func whole(_ text: String, roundedUp: Bool) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let number = Int64(parts[0]) else { return nil }
    guard parts.count == 2 else { return number }
    guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let isWhole = parts[1].utf8.allSatisfy { $0 == 48 }
    let isNegative = parts[0].first == "-"
    if isWhole || isNegative == roundedUp { return number }
    let (next, isTooFar) = number.addingReportingOverflow(isNegative ? -1 : 1)
    return isTooFar ? nil : next
  }
}
