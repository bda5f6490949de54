import Shared

/// The simulated venue's clock, `GET /sim/clock`.
public enum SimClock {
  /// - Parameter url: the whole address.
  public static func read(
    _ http: HTTPClient, url: String, timeout: Duration = .seconds(3),
    _ done: @escaping (Result<MarketClock, VenueCallError>) -> Void
  ) {
    http.send(HTTPRequest("GET", url), timeout: timeout) {
      done(VenueHTTP.json($0.mapError(VenueCallError.transport)).decoded(clock))
    }
  }

  /// What the venue answers; `nil` when that is no clock.
  public static func clock(_ json: JSON) -> MarketClock? {
    do { return try MarketClock(json) } catch { return nil }
  }
}
