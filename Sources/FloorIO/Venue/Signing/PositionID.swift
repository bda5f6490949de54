import Shared

/// A token id of a later market (protocol v2) taken apart: it names its own condition and outcome (protocol document, section 2.7.4).
public struct PositionID: Hashable, Sendable {
  /// 1 binary, 2 negative risk, 3 combined.
  public let module: UInt8
  /// The 31 bytes that all tokens of the market share.
  public let condition: ConditionID
  /// 0 is Yes or Up, 1 No or Down.
  public let outcomeIndex: UInt8

  /// `nil` for a token of the earlier protocol, whose id is a hash: there bits 40 to 103 are never all zero.
  public init?(_ token: Word256) {
    let bytes = token.bytes
    guard bytes[19..<27].allSatisfy({ $0 == 0 }), let condition = ConditionID("0x" + Hex.text(Array(bytes[..<31])))
    else {
      return nil
    }
    module = bytes[0]
    self.condition = condition
    outcomeIndex = bytes[31]
  }
}
