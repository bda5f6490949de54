import FloorIOData
import Shared

/// What the clients of one process share of our manners: the budget of requests. Used on the loop's thread.
public final class VenueManners {
  var budget: VenueBudget

  /// - Parameter ordersPerSecond: what the venue's tier of the wallet allows; the default is its lowest.
  public init(ordersPerSecond: Int64 = 40) {
    budget = VenueBudget(ordersPerSecond: ordersPerSecond, seed: SystemRandom.seed())
  }
}
