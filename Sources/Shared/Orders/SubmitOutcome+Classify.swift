extension SubmitOutcome {
  /// Reads the HTTP answer to `POST /order`. Only an answer that *proves* acceptance or refusal leaves `.unknown`: a 5xx, an HTML page,
  /// an empty or foreign body prove nothing, whatever their status says.
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - body: the parsed body, `nil` when it is not JSON.
  ///   - expected: our order id: an answer for another id proves nothing about ours.
  ///   - retryAfterSeconds: the `Retry-After` header.
  public static func classify(status: Int, body: JSON?, expected: VenueOrderID, retryAfterSeconds: Int64? = nil)
    -> SubmitOutcome
  {
    let message = body.flatMap(errorText) ?? ""
    if isDuplicate(message) { return .duplicated }
    switch status {
    case 200..<300:
      guard let body else { return .unknown("success without a readable body") }
      return accepted(body, message: message, expected: expected)
    case 425: return .rejected(.restarting, detail: "the matching engine restarts")
    case 429: return .throttled(retryAfterSeconds: retryAfterSeconds)
    case 400, 401, 403, 404:
      if message.isEmpty { return .unknown("status \(status) without a reason") }
      return .rejected(reject(message, status: status), detail: message)
    case 500, 503:
      // Two kinds of 5xx: the venue's own refusals in known words, and everything else, after which the order may well stand.
      let code = reject(message, status: status)
      switch code {
      case .cancelOnly, .postOnlyMode, .disabled, .fillOrKill, .noMatch: return .rejected(code, detail: message)
      case .balance, .tick, .minimumSize, .postOnlyCrosses, .marketClosed, .notReady, .expiration, .signature,
        .credentials, .banned,
        .restarting, .malformed, .other:
        return .unknown("status \(status): \(message.prefix(120))")
      }
    default: return .unknown("status \(status)")
    }
  }

  private static func accepted(_ body: JSON, message: String, expected: VenueOrderID) -> SubmitOutcome {
    let success = body["success"]?.bool ?? false
    if !message.isEmpty || !success {
      return message.isEmpty
        ? .unknown("neither success nor a reason") : .rejected(reject(message, status: 200), detail: message)
    }
    guard let id = body["orderID"]?.string.flatMap({ VenueOrderID($0) }), id == expected else {
      return .unknown("an answer for another order")
    }
    switch body["status"]?.string?.lowercased() {
    case "live", "unmatched": return .live
    case "delayed": return .delayed
    case "matched":
      let trades = (body["tradeIDs"]?.array ?? []).compactMap { $0.string.flatMap { VenueTradeID($0) } }
      return .matched(making: micros(body["makingAmount"]), taking: micros(body["takingAmount"]), trades: trades)
    default: return .unknown("accepted with an unknown status")
    }
  }

  private static func micros(_ value: JSON?) -> Int64? {
    guard let text = value?.decimalText, let amount = try? Decimal6.parse(text) else { return nil }
    return amount
  }

  private static func errorText(_ body: JSON) -> String? {
    for key in ["errorMsg", "error", "error_msg"] {
      if let text = body[key]?.string, !text.isEmpty { return text }
    }
    return nil
  }

  private static func isDuplicate(_ message: String) -> Bool {
    let text = Array(message.lowercased().utf8)
    return contains(text, "duplicated") || contains(text, "already been placed")
  }

  /// The venue's free texts (protocol document, section 2.15) as stable words. First match wins.
  private static let words: [(String, RejectCode)] = [
    ("not enough balance", .balance), ("minimum tick size", .tick), ("lower than the minimum", .minimumSize),
    ("order crosses book", .postOnlyCrosses), ("crosses the book", .postOnlyCrosses), ("fok orders", .fillOrKill),
    ("fak order", .noMatch), ("no matching orders", .noMatch), ("not yet ready", .notReady),
    ("delayed due to market", .notReady), ("invalid expiration", .expiration), ("cancel-only", .cancelOnly),
    ("post-only mode", .postOnlyMode), ("post_only_mode", .postOnlyMode), ("currently disabled", .disabled),
    ("no orderbook exists", .marketClosed), ("market not found", .marketClosed), ("market is closed", .marketClosed),
    ("market closed", .marketClosed), ("resolved", .marketClosed), ("not accepting", .marketClosed),
    ("address banned", .banned), ("closed only mode", .banned), ("maker address not allowed", .banned),
    ("invalid api key", .credentials), ("invalid l1", .credentials), ("unauthorized", .credentials),
    ("owner of the api key", .credentials), ("address of the api key", .credentials),
    ("order_version_mismatch", .signature),
    ("signature", .signature), ("invalid", .malformed),
  ]

  /// Byte by byte: the library's search of text in text takes microseconds a word, and every refusal asks for some thirty.
  private static func contains(_ text: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    guard let first = word.first, text.count >= word.count else { return word.isEmpty }
    for start in 0...(text.count - word.count) where text[start] == first {
      if text[start..<(start + word.count)] == word[...] { return true }
    }
    return false
  }

  private static func reject(_ message: String, status: Int) -> RejectCode {
    let text = Array(message.lowercased().utf8)
    if let known = words.first(where: { contains(text, $0.0) }) { return known.1 }
    return status == 401 ? .credentials : .other
  }
}
