/// The contract an order is signed for, and the chain it stands on (protocol document, section 2.7.3). An order signed for another
/// one is refused by the venue, whatever else is right.
public struct ExchangeDomain: Hashable, Sendable {
  public static let polygon: UInt64 = 137
  public static let amoy: UInt64 = 80002

  /// `2` for markets of protocol v1, `3` for those of protocol v2.
  public let version: String
  public let chainID: UInt64
  public let contract: EthereumAddress
  /// Computed once: every order needs it.
  public let separator: Word256

  public init(version: String, chainID: UInt64, contract: EthereumAddress) {
    self.version = version
    self.chainID = chainID
    self.contract = contract
    separator = EIP712.structHash(
      EIP712.exchangeDomainTypeHash,
      [EIP712.text("Polymarket CTF Exchange"), EIP712.text(version), Word256(chainID), Word256(contract)])
  }

  /// The domain for a market: by the token id's own bits (section 2.7.4), then by whether the market is negative-risk.
  public init(token: Word256, negRisk: Bool, chainID: UInt64) {
    if PositionID(token) != nil {
      let text =
        chainID == ExchangeDomain.amoy
        ? "0x9fE6e61422AdB6F610d8597F9684b16912D50C3D" : "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
      self.init(version: "3", chainID: chainID, contract: ExchangeDomain.known(text))
    } else {
      let text =
        negRisk ? "0xe2222d279d744050d28e00520010520000310F59" : "0xE111180000d2663C0091e4f400237545B87B996B"
      self.init(version: "2", chainID: chainID, contract: ExchangeDomain.known(text))
    }
  }

  /// The addresses above are constants with their check sums; one that does not parse is a broken build.
  private static func known(_ text: String) -> EthereumAddress {
    guard let address = EthereumAddress(text) else { preconditionFailure("the contract address \(text) is mistyped") }
    return address
  }
}
