import FloorIOData
import Shared

/// What the clients of one process share of our manners: the budget of requests, and the venue's clock, by which it says when a wait ends.
/// Used on the loop's thread.
public final class VenueManners {
  /// What the venue said of our signer and somebody should hear.
  public var onNotice: ((VenueBudget.Notice) -> Void)?

  var budget: VenueBudget
  var clockOffset = ClockOffset()

  /// - Parameters:
  ///   - ordersPerSecond: what the venue's tier of the wallet is thought to allow until the venue names it; the default is its
  ///     lowest.
  ///   - isUnlimited: see `VenueBudget`.
  public init(ordersPerSecond: Int64 = 40, isUnlimited: Bool = false) {
    budget = VenueBudget(ordersPerSecond: ordersPerSecond, seed: SystemRandom.seed(), isUnlimited: isUnlimited)
  }

  /// Takes from an answer to an order or a cancel what it says of the signer, and what a refusal for our rate says of the endpoint.
  func heard(_ response: HTTPResponse, to endpoint: VenueEndpoint) {
    let now = SystemClock.monotonic()
    if response.status == 429 {
      budget.refused(endpoint, retryAfter: response.retryAfter, now)
    } else {
      budget.taken(endpoint, now)
    }
    guard endpoint.isOfSigner, let standing = SignerStanding(headers: response.headers) else { return }
    let venue = clockOffset.venue(at: SystemClock.wall())
    for notice in budget.heard(standing, after: endpoint, now, venue: venue) { onNotice?(notice) }
  }
}
