import Shared

/// What the gateway itself says on its control socket. It may hold to a tighter mode than the record: a lost day, a lease that is not
/// renewed, a venue that fails.
struct GatewayWord: Hashable, Sendable {
  /// `nil` when it does not answer.
  var mode: FloorMode?
  var note: String

  static let silent = GatewayWord(mode: nil, note: "")
}
