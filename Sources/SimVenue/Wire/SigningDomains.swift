/// The hashes that all orders of a chain have in common: types, domains, a wallet's name. Computed once, because every order needs them.
struct SigningDomains: Sendable {
  /// 137 is Polygon, 80002 the test chain.
  let chain: Int64
  let chainWord: [UInt8]
  let keccak: @Sendable ([UInt8]) -> [UInt8]
  let orderType: [UInt8]
  let nestedType: [UInt8]
  let walletName: [UInt8]
  let walletVersion: [UInt8]
  private let domains: [TypedOrder.Exchange: [UInt8]]

  private static let domainTypeText =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
  private static let nestedTypeText =
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"

  init(chain: Int64, keccak: @escaping @Sendable ([UInt8]) -> [UInt8]) {
    func hash(_ text: String) -> [UInt8] { keccak(Array(text.utf8)) }
    let chainWord = Hex.word(decimal: String(chain)) ?? []
    self.chain = chain
    self.chainWord = chainWord
    self.keccak = keccak
    orderType = hash(TypedOrder.typeText)
    nestedType = hash(Self.nestedTypeText + TypedOrder.typeText)
    walletName = hash("DepositWallet")
    walletVersion = hash("1")
    let head = hash(Self.domainTypeText) + hash("Polymarket CTF Exchange")
    domains = Dictionary(
      uniqueKeysWithValues: TypedOrder.Exchange.allCases.map { exchange in
        let contract = TypedOrder.address(exchange.contract(chain: chain)) ?? []
        return (exchange, keccak(head + hash(exchange.version) + chainWord + contract))
      })
  }

  subscript(exchange: TypedOrder.Exchange) -> [UInt8] { domains[exchange] ?? [] }
}
