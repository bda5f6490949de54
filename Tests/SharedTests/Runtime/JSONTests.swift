import FloorTestSupport
import Shared
import Testing

@Suite("JSON")
struct JSONTests {
  @Test("Numbers keep their exact text and members their order")
  func keepsText() throws {
    let text = #"{"b":91234.118200170442113024,"a":[1,-0.5,1e400,"x"],"c":{"n":null,"t":true,"f":false}}"#
    let value = try JSON.parse(text)
    #expect(value.text == text)
    #expect(value["b"]?.decimalText == "91234.118200170442113024")
    #expect(value["c"]?["t"]?.bool == true)
    #expect(value["c"]?["n"]?.isNull == true)
    #expect(value["zz"] == nil)
  }

  @Test("Prices and sizes are read from strings and from numbers, never through a Double")
  func readsMoney() throws {
    let value = try JSON.parse(#"{"p":"0.52","q":0.52,"s":"84.75","bad":0.12345678,"over":1.5}"#)
    #expect(value["p"]?.price == value["q"]?.price)
    #expect(value["s"]?.shares == (try Shares(parsing: "84.75")))
    #expect(value["bad"]?.price == nil)
    #expect(value["over"]?.price == nil)
  }

  @Test("Escapes are read and written, control characters never reach a line")
  func escapes() throws {
    let value = try JSON.parse(#""a\"\\\/\n\t\u00e9\ud83d\ude00\u0007""#)
    #expect(value.string == "a\"\\/\n\té😀\u{7}")
    #expect(value.text == #""a\"\\/\n\té😀\u0007""#)
    #expect(try JSON.parse(value.text) == value)
  }

  @Test(
    "What is not JSON is refused with place and reason",
    arguments: [
      ("", .unexpectedEnd), ("{", .unexpectedEnd), ("[1,]", .unexpectedCharacter), ("{\"a\":1,}", .unexpectedCharacter),
      ("01", .trailingText), ("1.", .invalidNumber), ("-", .invalidNumber), ("1e", .invalidNumber),
      ("NaN", .unexpectedCharacter),
      ("tru", .unexpectedEnd), ("\"\\x\"", .invalidEscape), ("\"\\ud800\"", .unexpectedCharacter),
      ("\"a\nb\"", .unexpectedCharacter),
      ("{\"a\":1,\"a\":2}", .duplicateKey), ("1 2", .trailingText), ("'a'", .unexpectedCharacter),
    ] as [(String, JSONError.Reason)])
  func refuses(text: String, reason: JSONError.Reason) {
    #expect { try JSON.parse(text) } throws: { ($0 as? JSONError)?.reason == reason }
  }

  @Test(
    "A key that stands twice is found among few members and among many, wherever it stands", arguments: Seeds.some(4))
  func duplicates(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for count in [2, 15, 16, 17, 18, 40, 200] {
      let keys = (0..<count).map { "k\($0)" }
      func text(_ keys: [String]) -> String { "{" + keys.map { "\"\($0)\":1" }.joined(separator: ",") + "}" }
      #expect(try JSON.parse(text(keys)).members?.count == count)
      let twice = keys + [keys.randomElement(using: &random)!]
      #expect { try JSON.parse(text(twice)) } throws: { ($0 as? JSONError)?.reason == .duplicateKey }
    }
  }

  @Test("Invalid UTF-8 is refused")
  func refusesInvalidUTF8() {
    #expect { try JSON.parse([0x22, 0xFF, 0x22]) } throws: { ($0 as? JSONError)?.reason == .invalidUTF8 }
    #expect { try JSON.parse([0x22, 0x5C, 0x6E, 0xC0, 0x22]) } throws: { ($0 as? JSONError)?.reason == .invalidUTF8 }
  }

  @Test("Depth, length and digits are bounded, one below the bound passes")
  func bounds() throws {
    let limits = JSONLimits(bytes: 100, depth: 4, numberCharacters: 10)
    _ = try JSON.parse("[[[1]]]", limits: limits)
    #expect { try JSON.parse("[[[[1]]]]", limits: limits) } throws: { ($0 as? JSONError)?.reason == .tooDeep }
    _ = try JSON.parse("1234567890", limits: limits)
    #expect { try JSON.parse("12345678901", limits: limits) } throws: { ($0 as? JSONError)?.reason == .tooLong }
    _ = try JSON.parse("\"" + String(repeating: "a", count: 98) + "\"", limits: limits)
    #expect { try JSON.parse("\"" + String(repeating: "a", count: 99) + "\"", limits: limits) } throws: {
      ($0 as? JSONError)?.reason == .tooLong
    }
    #expect { try JSON.parse(String(repeating: "[", count: 100_000)) } throws: {
      ($0 as? JSONError)?.reason == .tooDeep
    }
  }

  @Test("A truncated or mutated document never traps and never changes silently", arguments: [51, 52, 53] as [UInt64])
  func survivesMutation(seed: UInt64) throws {
    let text =
      #"{"v":1,"src":"market-feed","bids":[["0.52","84.75"],["0.5","1200"]],"t":1795180564317,"n":null,"s":"é\n"}"#
    let bytes = Array(text.utf8)
    for end in 0..<bytes.count {
      #expect(throws: JSONError.self) { try JSON.parse(Array(bytes[..<end])) }
    }
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      var mutated = bytes
      let at = Int.random(in: 0..<bytes.count, using: &generator)
      mutated[at] = UInt8.random(in: 0...255, using: &generator)
      guard let value = try? JSON.parse(mutated) else { continue }
      #expect(try JSON.parse(value.bytes) == value)
    }
  }

  @Test("A member is replaced in place or added at the end")
  func replacesMembers() {
    let value: JSON = ["a": 1, "b": 2]
    #expect(value.with("a", 3).text == #"{"a":3,"b":2}"#)
    #expect(value.with("c", "x").text == #"{"a":1,"b":2,"c":"x"}"#)
    #expect(JSON.double(.nan) == .null)
  }
}
