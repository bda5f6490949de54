import FloorTestSupport
import Testing

@testable import Shared

@Suite("JSON read in one pass") struct JSONScannerTests {
  private static func string(_ text: String) throws -> String {
    var scanner = JSONScanner(Array(text.utf8))
    let value = try scanner.string()
    try scanner.end()
    return value
  }

  @Test(
    "a string of any length is read to its end, wherever a quote, an escape, a control character or a letter beyond ASCII stands"
  )
  func strings() throws {
    for length in 0...40 {
      for place in 0...length {
        func text(_ middle: String) -> String {
          String(repeating: "a", count: place) + middle + String(repeating: "b", count: length - place)
        }
        #expect(try Self.string("\"\(text(""))\"") == text(""))
        #expect(try Self.string("\"\(text("é"))\"") == text("é"))
        #expect(try Self.string("\"\(text(#"\""#))\"") == text("\""))
        #expect(throws: JSONError(reason: .unexpectedCharacter, offset: 1 + place)) {
          try Self.string("\"\(text("\u{1f}"))\"")
        }
        #expect(throws: JSONError(reason: .trailingText, offset: 2 + place)) { try Self.string("\"\(text("\""))x") }
        #expect(throws: JSONError.self) { try Self.string("\"\(text(""))") }
        #expect(throws: JSONError.self) { try Self.string("\"\(text(""))\\") }
      }
    }
  }

  @Test("broken UTF-8 is refused at every place of a string")
  func brokenText() {
    for length in 0...20 {
      for place in 0...length {
        var bytes = [UInt8](repeating: 0x61, count: length)
        bytes.insert(0xFF, at: place)
        var scanner = JSONScanner([0x22] + bytes + [0x22])
        #expect(throws: JSONError.self) { try scanner.string() }
      }
    }
  }

  @Test("a name is known by all of its bytes and by its length")
  func names() throws {
    func isRead(_ name: String, by matches: (JSONScanner.Key) -> Bool) throws -> Bool {
      var scanner = JSONScanner(Array("{\"\(name)\":1}".utf8))
      try scanner.enterObject()
      return matches(try #require(try scanner.nextKey()))
    }
    let all: [(name: String, matches: (JSONScanner.Key) -> Bool)] = [
      ("", { "" ~= $0 }), ("v", { "v" ~= $0 }), ("price", { "price" ~= $0 }), ("asset_i", { "asset_i" ~= $0 }),
      ("asset_id", { "asset_id" ~= $0 }), ("timestamp", { "timestamp" ~= $0 }),
      ("min_order_size", { "min_order_size" ~= $0 }), ("fifteen_letters", { "fifteen_letters" ~= $0 }),
      ("transaction_hash", { "transaction_hash" ~= $0 }), ("transaction_hashe", { "transaction_hashe" ~= $0 }),
      ("a_name_of_thirty_one_characters", { "a_name_of_thirty_one_characters" ~= $0 }),
    ]
    for (name, matches) in all {
      #expect(try isRead(name, by: matches), "\(name)")
      #expect(try !isRead(name + "x", by: matches), "\(name)")
      for place in name.utf8.indices {
        var other = Array(name.utf8)
        other[name.utf8.distance(from: name.utf8.startIndex, to: place)] ^= 1
        #expect(try !isRead(String(decoding: other, as: UTF8.self), by: matches), "\(name)")
      }
    }
  }

  @Test("words are told apart by their letters, and escapes are none")
  func words() throws {
    var scanner = JSONScanner(Array(#"["BUY","SELL","BUY ","\u0042UY"]"#.utf8))
    try scanner.enterArray()
    var known: [Bool] = []
    for _ in 0..<3 {
      #expect(try scanner.nextElement())
      known.append("BUY" ~= (try scanner.word()))
    }
    #expect(known == [true, false, false])
    #expect(try scanner.nextElement())
    #expect(throws: JSONError.self) { try scanner.word() }
  }

  @Test("integers and decimals that are read are those that the whole parser reads", arguments: Seeds.some(4))
  func numbers(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var integers = 0
    var decimals = 0
    for _ in 0..<2000 {
      let characters = Array("0123456789.-+eE")
      let length = Int.random(in: 1...14, using: &random)
      let text = String((0..<length).map { _ in characters[Int.random(in: 0..<characters.count, using: &random)] })
      for quoted in [true, false] {
        let document = quoted ? "\"\(text)\"" : text
        func read<Value>(_ value: (inout JSONScanner) throws(JSONError) -> Value) -> Value? {
          var scanner = JSONScanner(Array(document.utf8))
          do throws(JSONError) {
            let found = try value(&scanner)
            try scanner.end()
            return found
          } catch { return nil }
        }
        let whole: JSON?
        do { whole = try JSON.parse(Array(document.utf8)) } catch { whole = nil }
        if let decimal = read({ scanner throws(JSONError) in try scanner.decimal() }) {
          #expect(decimal == whole?.usd?.micros, "\(document)")
          decimals += 1
        }
        if let integer = read({ scanner throws(JSONError) in try scanner.integer() }) {
          #expect(integer == whole?.int, "\(document)")
          integers += 1
        }
      }
    }
    #expect(integers > 50 && decimals > integers)
  }
}
