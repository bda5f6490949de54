/// What the venue's free texts mean (protocol document, section 2.15).
struct VenueWords {
  let text: String
  private let lower: [UInt8]

  init(_ text: String) {
    self.text = text
    lower = Array(text.lowercased().utf8)
  }

  /// The order that the text is about, when it names one.
  var order: VenueOrderID? {
    let mark = Array("0x".utf8)
    guard lower.count >= 66 else { return nil }
    for start in 0...(lower.count - 66) where lower[start] == mark[0] && lower[start + 1] == mark[1] {
      let end = start + 66
      // Longer hexadecimal is something else.
      if end < lower.count, Self.isHexadecimal(lower[end]) { continue }
      if let id = VenueOrderID(String(decoding: lower[start..<end], as: UTF8.self)) { return id }
    }
    return nil
  }

  var isDuplicate: Bool { contains("duplicated") || contains("already been placed") }

  /// A refusal by its status that is none by its words: the order may be held, or have been read before the request was given up.
  var leavesOpen: Bool { contains("context canceled") || contains("delayed due to market") }

  /// The text says how the venue trades now.
  var mode: VenueMode? { Self.modes.first { contains($0.0) }?.1 }

  /// `nil` for words that we do not know. The first that is found counts.
  var code: RejectCode? { Self.codes.first { contains($0.0) }?.1 }

  private static let modes: [(String, VenueMode)] = [
    ("cancel-only", .cancelOnly), ("post-only mode", .postOnly), ("post_only_mode", .postOnly),
    ("currently disabled", .disabled), ("engine is restarting", .restarting),
  ]

  private static let codes: [(String, RejectCode)] = [
    ("not enough balance", .balance), ("minimum tick size", .tick), ("lower than the minimum", .minimumSize),
    ("min size", .minimumSize),
    ("order crosses book", .postOnlyCrosses), ("crosses the book", .postOnlyCrosses), ("fok orders", .fillOrKill),
    ("fak order", .noMatch), ("no matching orders", .noMatch), ("not yet ready", .notReady),
    ("invalid expiration", .expiration), ("invalid nonce", .invalidated), ("canceled in the ctf", .invalidated),
    ("no orderbook exists", .marketClosed), ("market not found", .marketClosed), ("market is closed", .marketClosed),
    ("market closed", .marketClosed), ("resolved", .marketClosed), ("not accepting", .marketClosed),
    ("address banned", .banned), ("closed only mode", .banned), ("maker address not allowed", .banned),
    ("restricted in your region", .regionBlocked), ("geoblock", .regionBlocked), ("region is blocked", .regionBlocked),
    ("invalid api key", .credentials), ("invalid l1", .credentials), ("unauthorized", .credentials),
    ("owner of the api key", .credentials), ("address of the api key", .credentials),
    ("could not create api key", .credentials), ("could not derive api key", .credentials),
    ("order_version_mismatch", .signature), ("invalid signature_type", .malformed), ("signature", .signature),
    ("too many orders in payload", .malformed), ("payload exceeds", .malformed), ("invalid", .malformed),
  ]

  /// Byte by byte: the library's search of text in text takes microseconds a word, and every refusal asks for some forty.
  private func contains(_ word: String) -> Bool {
    let word = Array(word.utf8)
    guard let first = word.first, lower.count >= word.count else { return word.isEmpty }
    for start in 0...(lower.count - word.count) where lower[start] == first {
      if lower[start..<(start + word.count)] == word[...] { return true }
    }
    return false
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }
}
