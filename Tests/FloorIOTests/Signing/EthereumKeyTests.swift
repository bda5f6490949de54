import FloorIOVenue
import Shared
import Testing

@Suite("Ethereum keys and addresses")
struct EthereumKeyTests {
  static func key(_ last: UInt8) throws -> EthereumKey {
    try EthereumKey(privateKey: [UInt8](repeating: 0, count: 31) + [last])
  }

  @Test("Private key 1 has the address everybody knows")
  func keyOne() throws {
    #expect(try Self.key(1).address.checksummed == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf")
  }

  @Test(
    "Check sums of EIP-55 are written as its examples show, and a wrong one is refused",
    arguments: [
      "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ])
  func checkSums(text: String) throws {
    let address = try #require(EthereumAddress(text))
    #expect(address.checksummed == text)
    #expect(EthereumAddress(text.lowercased()) == address)
    let flipped = String(text.dropLast()) + (text.last!.isUppercase ? text.suffix(1).lowercased() : "X")
    #expect(EthereumAddress(flipped) == nil)
  }

  @Test("Keys outside the curve's range are refused")
  func badKeys() {
    let order = Hex.bytes("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")!
    for bad in [[], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32), order, [1]] {
      #expect(throws: SigningError.invalidKey) { try EthereumKey(privateKey: bad) }
    }
  }

  @Test("What is signed is recovered, the same bytes each time, with low s; one bit changed is somebody else")
  func signAndRecover() throws {
    var random = SeededGenerator(seed: 20_261_120)
    for _ in 0..<50 {
      let key = try EthereumKey(privateKey: (0..<32).map { _ in UInt8.random(in: 1...200, using: &random) })
      let digest = Word256(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })!
      let signature = try key.sign(digest)
      #expect(try key.sign(digest) == signature)
      #expect(try EthereumKey.recover(digest, signature: signature) == key.address)
      #expect(signature[32] < 0x80)
      var other = digest.bytes
      other[Int.random(in: 0..<32, using: &random)] ^= 1
      let stranger = try? EthereumKey.recover(Word256(bytes: other)!, signature: signature)
      #expect(stranger != key.address)
    }
  }

  @Test("Bytes that are no signature are refused, not a crash")
  func badSignatures() {
    for bad in [
      [], [UInt8](repeating: 0, count: 65), [UInt8](repeating: 255, count: 65), [UInt8](repeating: 1, count: 64),
    ] {
      #expect(throws: SigningError.invalidSignature) { try EthereumKey.recover(.zero, signature: bad) }
    }
  }

  @Test("Token ids are read as 256-bit numbers and nothing larger")
  func words() {
    let maximum = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
    #expect(Word256(decimal: maximum)?.bytes == [UInt8](repeating: 255, count: 32))
    #expect(Word256(decimal: "115792089237316195423570985008687907853269984665640564039457584007913129639936") == nil)
    #expect(Word256(decimal: "258")?.hex == "0x" + String(repeating: "0", count: 61) + "102")
    for bad in ["", "-1", "0x1", "1 "] { #expect(Word256(decimal: bad) == nil) }
    #expect(Word256(UInt64.max).bytes.suffix(8) == [255, 255, 255, 255, 255, 255, 255, 255])
  }

  @Test("Base64 with the URL alphabet goes round for every length, and damage is refused")
  func base64() {
    var random = SeededGenerator(seed: 7)
    for length in 0..<80 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = Base64URL.encode(bytes)
      #expect(text.utf8.count % 4 == 0)
      #expect(Base64URL.decode(text) == bytes)
      #expect(Base64URL.decode(text.filter { $0 != "=" }) == bytes)
    }
    for bad in ["A", "A===", "AA=A", "AAA==", "*AAA", "AA A"] { #expect(Base64URL.decode(bad) == nil) }
  }

  @Test("OpenSSL's HMAC and ours agree, whatever the length")
  func hmacAgreement() {
    var random = SeededGenerator(seed: 11)
    for length in [0, 1, 55, 56, 63, 64, 65, 127, 128, 1000] {
      let message = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let key = (0..<(length % 90 + 1)).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Digests.hmacSHA256(message, key: key) == HMACSHA256.code(message, key: key))
    }
  }
}
