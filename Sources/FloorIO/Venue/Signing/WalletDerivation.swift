import Shared

/// Where a signer's wallets are (protocol document, section 2.7.5): contracts made with CREATE2, so that the address is known before the
/// wallet is. The venue derives them again and refuses a maker that is none of them.
public enum WalletDerivation {
  /// The signer's Polymarket proxy: a minimal proxy whose creation code names factory and implementation.
  public static func proxy(of signer: EthereumAddress) -> EthereumAddress {
    create2(
      proxyFactory, salt: Keccak256.hash(signer.bytes),
      code: hex("3d3d606380380380913d393d73") + proxyFactory.bytes
        + hex("5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73") + proxyImplementation.bytes
        + hex("5af43d82803e903d91602b57fd5bf352e831dd") + Word256(32).bytes + Word256.zero.bytes)
  }

  /// The signer's Safe.
  public static func safe(of signer: EthereumAddress) -> EthereumAddress {
    create2(safeFactory, salt: Keccak256.hash(Word256(signer).bytes), codeHash: safeCodeHash)
  }

  /// The signer's deposit wallet of the present kind, behind a beacon.
  public static func deposit(of signer: EthereumAddress) -> EthereumAddress {
    let arguments = depositArguments(signer)
    return create2(
      depositFactory, salt: Keccak256.hash(arguments),
      code: proxyPrefix(code: 0x52, arguments) + depositBeacon.bytes
        + hex(
          "60195155f3363d3d373d3d363d602036600436635c60da1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
        )
        + hex("b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3") + arguments)
  }

  /// The deposit wallet of accounts that were made before the beacon: an upgradable proxy (ERC-1967).
  public static func upgradableDeposit(of signer: EthereumAddress) -> EthereumAddress {
    let arguments = depositArguments(signer)
    return create2(
      depositFactory, salt: Keccak256.hash(arguments),
      code: proxyPrefix(code: 0x3D, arguments) + depositImplementation.bytes
        + hex("60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076")
        + hex("cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3") + arguments)
  }

  // MARK: - Pieces

  private static let proxyFactory = address("0xaB45c5A4B0c941a2F231C04C3f49182e1A254052")
  private static let proxyImplementation = address("0x44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f")
  private static let safeFactory = address("0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b")
  private static let safeCodeHash = word("0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf")
  private static let depositFactory = address("0x00000000000Fb5C9ADea0298D729A0CB3823Cc07")
  private static let depositImplementation = address("0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB")
  private static let depositBeacon = address("0x7A18EDfe055488A3128f01F563e5B479D92ffc3a")

  /// `abi.encode(factory, owner)`.
  private static func depositArguments(_ signer: EthereumAddress) -> [UInt8] {
    Word256(depositFactory).bytes + Word256(signer).bytes
  }

  /// The creation code's first instructions, which push the length of what follows: the proxy's own code and its arguments.
  private static func proxyPrefix(code length: Int, _ arguments: [UInt8]) -> [UInt8] {
    let total = length + arguments.count
    return [0x61, UInt8(total >> 8), UInt8(total & 255)] + hex("3d8160233d3973")
  }

  private static func create2(_ factory: EthereumAddress, salt: Word256, code: [UInt8]) -> EthereumAddress {
    create2(factory, salt: salt, codeHash: Keccak256.hash(code))
  }

  /// EIP-1014.
  private static func create2(_ factory: EthereumAddress, salt: Word256, codeHash: Word256) -> EthereumAddress {
    let digest = Keccak256.hash([0xFF] + factory.bytes + salt.bytes + codeHash.bytes)
    return EthereumAddress(digestTail: digest.bytes[12...])
  }

  /// The texts above are constants; one that does not parse is a broken build.
  private static func address(_ text: String) -> EthereumAddress {
    guard let address = EthereumAddress(text) else { preconditionFailure("the address \(text) is mistyped") }
    return address
  }

  private static func word(_ text: String) -> Word256 {
    guard let word = Word256(hex: text) else { preconditionFailure("the hash \(text) is mistyped") }
    return word
  }

  private static func hex(_ text: String) -> [UInt8] {
    guard let bytes = Hex.bytes(text) else { preconditionFailure("the code \(text) is mistyped") }
    return bytes
  }
}
