import Shared

/// What a call asks for, if it is about positions (protocol document, sections 7.1 and 7.4).
enum PositionCall: Hashable, Sendable {
  case split(condition: String, amount: Int64)
  case merge(condition: String, amount: Int64)
  /// All that the wallet holds of a market that is over.
  case redeem(condition: String)
  case redeemPart(condition: String, outcome: Outcome, amount: Int64)
  /// NO of the questions at these places of a negative-risk event into dollars and YES of the others.
  case convert(group: String, questions: [Int], amount: Int64)
  /// Allowances: everything is allowed here.
  case approval

  /// Why a contract refuses a call.
  struct Revert: Error, Hashable {
    var text: String
    init(_ text: String) { self.text = "execution reverted: \(text)" }
  }

  init(_ call: ContractCall, keccak: ([UInt8]) -> [UInt8]) throws(Revert) {
    guard call.data.count >= 4 else { throw Revert("no function is called") }
    let selector = Array(call.data.prefix(4))
    func names(_ signature: String) -> Bool { keccak(Array(signature.utf8)).prefix(4).elementsEqual(selector) }
    let read = AbiReader(Array(call.data.dropFirst(4)))
    switch call.target {
    case Contracts.collateralAdapter, Contracts.negativeRiskAdapter:
      if names("splitPosition(address,bytes32,bytes32,uint256[],uint256)") {
        let (condition, amount) = try Self.set(read)
        self = .split(condition: condition, amount: amount)
      } else if names("mergePositions(address,bytes32,bytes32,uint256[],uint256)") {
        let (condition, amount) = try Self.set(read)
        self = .merge(condition: condition, amount: amount)
      } else if names("redeemPositions(address,bytes32,bytes32,uint256[])") {
        self = .redeem(condition: try Self.market(read))
      } else if call.target == Contracts.negativeRiskAdapter, names("convertPositions(bytes32,uint256,uint256)") {
        guard let group = read.word(0), let set = read.word(1), let amount = read.number(2) else {
          throw Revert("the arguments do not read")
        }
        let questions = (0..<256).filter { set[31 - $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
        self = .convert(group: "0x" + Hex.text(group), questions: questions, amount: amount)
      } else {
        throw Revert("unknown function of the adapter")
      }
    case Contracts.router:
      guard let word = read.word(0), word[31] == 0, let second = read.number(1) else {
        throw Revert("the arguments do not read")
      }
      let condition = "0x" + Hex.text(word.dropLast())
      if names("split(bytes31,uint256)") {
        self = .split(condition: condition, amount: second)
      } else if names("merge(bytes31,uint256)") {
        self = .merge(condition: condition, amount: second)
      } else if names("redeem(bytes31,uint256,uint256)") {
        guard let amount = read.number(2), second <= 1 else { throw Revert("no such outcome") }
        self = .redeemPart(condition: condition, outcome: second == 0 ? .yes : .no, amount: amount)
      } else {
        throw Revert("unknown function of the router")
      }
    default:
      guard names("approve(address,uint256)") || names("setApprovalForAll(address,bool)") else {
        throw Revert("this chain knows no such contract or function")
      }
      self = .approval
    }
  }

  /// The market of a call that names collateral, no parent, and both outcomes.
  private static func market(_ read: AbiReader) throws(Revert) -> String {
    guard read.address(0) == Contracts.collateral else { throw Revert("unknown collateral") }
    guard let parent = read.word(1), let condition = read.word(2), let parts = read.words(3) else {
      throw Revert("the arguments do not read")
    }
    guard parent.allSatisfy({ $0 == 0 }), parts.map(AbiReader.number) == [1, 2] else {
      throw Revert("only both outcomes of a market of its own")
    }
    return "0x" + Hex.text(condition)
  }

  private static func set(_ read: AbiReader) throws(Revert) -> (String, Int64) {
    let condition = try market(read)
    guard let amount = read.number(4) else { throw Revert("the amount does not read") }
    return (condition, amount)
  }
}
