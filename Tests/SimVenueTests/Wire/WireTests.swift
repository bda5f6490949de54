import Testing

@testable import SimVenue

@Suite("The venue's wire forms") struct WireTests {
  @Test(
    "JSON is read back as it was written",
    arguments: [
      #"{"a":[1,-2.5e3,"x\"y\\",null,true],"b":{"c":""}}"#, "[]", "{}", #""é\n""#, "0.000001",
    ])
  func roundTrip(text: String) throws {
    let value = try #require(WireReader.read(text))
    #expect(WireReader.read(value.string) == value)
  }

  @Test(
    "what is no JSON is refused",
    arguments: [
      "", "{", "[1,]", "01", "1.", "+1", "nul", "\"\u{1}\"", "{\"a\" 1}", "[1] x", "\"\\ud800\"",
      String(repeating: "[", count: 2000),
    ])
  func refuses(text: String) { #expect(WireReader.read(text) == nil) }

  @Test(
    "decimals are exact and without trailing zeros",
    arguments: [
      ("0.52", 520_000, "0.52"), ("5.000000", 5_000_000, "5"), ("-1.5", -1_500_000, "-1.5"),
      ("0.0000010", 1, "0.000001"),
    ] as [(String, Int64, String)])
  func decimals(text: String, micros: Int64, shown: String) {
    #expect(WireDecimal.micros(text) == micros)
    #expect(WireDecimal.text(micros) == shown)
  }

  @Test("what is no decimal is refused", arguments: ["", ".", "-", "1e3", "0.0000001", "1,5", " 1", "99999999999999"])
  func noDecimals(text: String) { #expect(WireDecimal.micros(text) == nil) }

  @Test("digests agree with the standards' examples")
  func digests() {
    #expect(
      Hex.text(Digests.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Hex.text(Digests.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    // RFC 4231, case 2.
    #expect(
      Hex.text(Digests.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test("a token id survives the way to 32 bytes and back")
  func words() throws {
    let token = "71204418839917503362084417739205618843927155201968374411095823674019283746551"
    #expect(Hex.decimal(try #require(Hex.word(decimal: token))) == token)
    #expect(Hex.word(decimal: String(repeating: "9", count: 79)) == nil)
    #expect(Hex.decimal([UInt8](repeating: 0, count: 32)) == "0")
  }

  @Test("the command line's problems are told together")
  func options() throws {
    do throws(Options.Problems) {
      _ = try Options.parse(["--port", "70000", "--speed", "fast", "--cut-gaps", "--colour", "--capital"])
      Issue.record("bad arguments were taken")
    } catch {
      #expect(error.list.count == 5, "\(error)")
    }
    let replay = try Options.parse(["--source", "replay", "a", "b", "--speed", "100", "--cut-gaps"])
    #expect(replay.source == .replay(["a", "b"]))
    #expect(replay.rateMilli == 100_000)
    #expect(throws: Options.Problems.self) { try Options.parse(["--source", "replay"]) }
    #expect(throws: Options.Problems.self) { try Options.parse(["--source", "replay", "a", "--seed", "3"]) }
  }
}
