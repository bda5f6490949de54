/// Which price series settles an up/down market, as the address in its listing names it (protocol document, section 1.6):
/// `…/streams/btc-usd` for single observations, `…/streams/btc-usd-twap-60s-streams` for the mean over that many seconds.
public struct SettlementSource: Hashable, Sendable {
  /// `btc`.
  public let asset: String
  /// `nil`: single observations at start and end.
  public let twapSeconds: Int?

  /// `nil` for an address of another shape: then it says nothing.
  public init?(url: String) {
    guard let mark = url.firstRange(of: "data.chain.link/streams/") else { return nil }
    let parts = url[mark.upperBound...].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[1] == "usd", (2...8).contains(parts[0].utf8.count) else { return nil }
    asset = String(parts[0]).lowercased()
    if parts.count == 2 {
      twapSeconds = nil
    } else if parts.count == 5, parts[2] == "twap", parts[4] == "streams", parts[3].hasSuffix("s"),
      let seconds = Int(parts[3].dropLast()), seconds > 0
    {
      twapSeconds = seconds
    } else {
      return nil
    }
  }
}
