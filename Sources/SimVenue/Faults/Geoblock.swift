import Shared

/// Where the caller seems to be, and whether orders are taken from there (protocol document, section 1.7; V-15). Reading and cancelling
/// go on from anywhere.
struct Geoblock: Hashable, Sendable {
  private var isBlocked = false
  private var country = "CH"
  private var region = "ZH"

  /// `{"blocked": …, "country": …, "region": …}`
  mutating func set(_ value: WireValue) throws(FaultProblem) {
    guard let flag = value["blocked"]?.asFlag else { throw FaultProblem("blocked is true or false") }
    isBlocked = flag
    country = value["country"]?.asText ?? (flag ? "US" : "CH")
    region = value["region"]?.asText ?? (flag ? "NY" : "ZH")
  }

  func answer(_ method: String, _ path: String) -> Answer? {
    if (method, path) == ("GET", "/api/geoblock") { return .ok(shown) }
    guard isBlocked, method == "POST", path == "/order" || path == "/orders" else { return nil }
    return .refused(
      403,
      "Trading restricted in your region, please refer to available regions - "
        + "https://docs.polymarket.com/developers/CLOB/geoblock")
  }

  var shown: WireValue {
    .object(
      ("blocked", .flag(isBlocked)), ("ip", "127.0.0.1"), ("country", .text(country)), ("region", .text(region)))
  }
}
