import Shared
import Testing

@Suite("SHA-256 and HMAC")
struct SHA256Tests {
  @Test(
    "Digests equal the examples of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func digestsEqualTheStandard(text: String, expected: String) {
    #expect(Hex.text(SHA256.digest(text.utf8)) == expected)
  }

  @Test("A million letters hash as the standard says, however they are cut")
  func millionLetters() {
    var hash = SHA256()
    var left = 1_000_000
    var piece = 1
    while left > 0 {
      let count = min(piece, left)
      hash.update([UInt8](repeating: UInt8(ascii: "a"), count: count))
      left -= count
      piece = piece * 3 % 1021 + 1
    }
    #expect(Hex.text(hash.finish()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("Codes equal RFC 4231, cases 1, 2 and 6")
  func codesEqualTheStandard() {
    #expect(
      Hex.text(HMACSHA256.code("Hi There".utf8, key: [UInt8](repeating: 0x0b, count: 20)))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      Hex.text(HMACSHA256.code("what do ya want for nothing?".utf8, key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = "Test Using Larger Than Block-Size Key - Hash Key First"
    #expect(
      Hex.text(HMACSHA256.code(long.utf8, key: [UInt8](repeating: 0xaa, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test("Hex goes there and back, and refuses half a byte or a stranger's letter")
  func hexRoundTrip() {
    #expect(Hex.bytes("00ff7A") == [0, 255, 122])
    #expect(Hex.text([0, 255, 122]) == "00ff7a")
    #expect(Hex.bytes("abc") == nil)
    #expect(Hex.bytes("zz") == nil)
  }
}
