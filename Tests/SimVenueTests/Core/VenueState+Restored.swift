@testable import SimVenue

extension VenueState {
  /// A venue that comes back from these records of its truth log.
  static func restored(from records: some Sequence<TruthRecord>, rules: VenueRules, now: Now) -> VenueState {
    var restoration = VenueRestoration(rules: rules)
    for record in records { restoration.take(record) }
    return restoration.venue(now: now)
  }
}
