import Shared

/// A transaction that a wallet signed and somebody brought to the chain.
struct ChainTransaction: Hashable, Sendable {
  /// Names as the relayer has them (protocol document, section 7.1).
  enum State: String, Hashable, Sendable {
    case new = "STATE_NEW"
    case mined = "STATE_MINED"
    case confirmed = "STATE_CONFIRMED"
    case failed = "STATE_FAILED"

    var isFinal: Bool { self == .confirmed || self == .failed }
  }

  var id: String
  var hash: String
  var account: Int
  var nonce: Int64
  var calls: [ContractCall]
  var state = State.new
  /// Why it failed.
  var problem = ""
}

/// What a transaction did to a wallet's tokens of one market; the balances that follow it in the truth log say the same.
struct ChainOperation: Hashable, Sendable {
  enum Kind: String, Hashable, Sendable {
    case split
    case merge
    case redeem
    case convert
  }

  var kind: Kind
  /// Of its transaction.
  var hash: String
  var account: Int
  var slug: String
  /// Changes in base units.
  var yes: Int64
  var no: Int64
  var cash: Int64
}
