/// The kinds of wallet that may be the maker of an order (protocol document, section 2.7.5), and where the wallets of a signer are: the
/// contract derives them with CREATE2, and so does the venue. Encoded here from the document.
enum WalletKind: Int64, Hashable, Sendable, CaseIterable {
  /// The signer itself.
  case plain = 0
  case proxy = 1
  case safe = 2
  /// A contract that signs by ERC-1271: maker and signer of its orders are the wallet, the key is its owner's.
  case deposit = 3

  private static let proxyFactory = "ab45c5a4b0c941a2f231c04c3f49182e1a254052"
  private static let proxyCode = "44e999d5c2f66ef0861317f9a4805ac2e90aeb4f"
  private static let safeFactory = "aacfeea03eb1561c4e67d661e40682bd20e3541b"
  private static let safeInitHash = "2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
  private static let depositFactory = "00000000000fb5c9adea0298d729a0cb3823cc07"
  private static let depositCode = "58ca52ebe0dadfdf531cde7062e76746de4db1eb"
  private static let depositBeacon = "7a18edfe055488a3128f01f563e5b479d92ffc3a"

  /// The addresses at which a signer's wallet of this kind may be, lower case, the usual one first.
  func addresses(of signer: String, keccak: ([UInt8]) -> [UInt8]) -> [String] {
    guard let account = Hex.bytes(signer, count: 20) else { return [] }
    let padded = [UInt8](repeating: 0, count: 12) + account
    switch self {
    case .plain: return ["0x" + Hex.text(account)]
    case .proxy:
      let code =
        "3d3d606380380380913d393d73" + Self.proxyFactory
        + "5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73" + Self.proxyCode
        + "5af43d82803e903d91602b57fd5bf352e831dd" + String(repeating: "0", count: 62) + "20"
        + String(repeating: "0", count: 64)
      return [Self.create2(Self.proxyFactory, salt: keccak(account), codeHash: keccak(Self.bytes(code)), keccak)]
    case .safe:
      return [Self.create2(Self.safeFactory, salt: keccak(padded), codeHash: Self.bytes(Self.safeInitHash), keccak)]
    case .deposit:
      let arguments = [UInt8](repeating: 0, count: 12) + Self.bytes(Self.depositFactory) + padded
      // Minimal ERC-1967 proxies of one well-known library: the length of the arguments is part of the creation code's first word.
      let length = UInt8(arguments.count)
      let beacon =
        [0x61, 0x00, 0x52 + length] + Self.bytes("3d8160233d3973") + Self.bytes(Self.depositBeacon)
        + Self.bytes(
          "60195155f3363d3d373d3d363d602036600436635c60da1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
            + "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3") + arguments
      let upgradable =
        [0x61, 0x00, 0x3D + length] + Self.bytes("3d8160233d3973") + Self.bytes(Self.depositCode)
        + Self.bytes(
          "60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
            + "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3") + arguments
      return [beacon, upgradable].map {
        Self.create2(Self.depositFactory, salt: keccak(arguments), codeHash: keccak($0), keccak)
      }
    }
  }

  private static func bytes(_ text: String) -> [UInt8] {
    guard let bytes = Hex.bytes(text) else { preconditionFailure("the constants of the wallets are hexadecimal") }
    return bytes
  }

  private static func create2(
    _ factory: String, salt: [UInt8], codeHash: [UInt8], _ keccak: ([UInt8]) -> [UInt8]
  ) -> String {
    "0x" + Hex.text(keccak([0xFF] + bytes(factory) + salt + codeHash).suffix(20))
  }
}
