/// What the floor may really do: the tightest of what the record says and what the gateway itself holds to, which may know of more (a
/// lost day, a lease that is not renewed, a database away).
public struct ModeInForce: Hashable, Sendable {
  public let mode: FloorMode
  public let reason: String

  /// - Parameters:
  ///   - recorded: `nil` when the record cannot be read.
  ///   - gateway: `nil` when the gateway does not answer.
  public init(recorded: FloorMode?, recordedReason: String, gateway: FloorMode?, gatewayNote: String) {
    if let recorded, gateway.map({ recorded.strictness >= $0.strictness }) ?? true {
      (mode, reason) = (recorded, recordedReason)
    } else if let gateway {
      (mode, reason) = (gateway, "the gateway: " + gatewayNote)
    } else {
      // Whoever sends orders is not there, and the record cannot be read.
      (mode, reason) = (.cancelOnly, "neither the record nor the gateway answers")
    }
  }
}
