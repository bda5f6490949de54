extension SubmitOutcome {
  /// Reads the HTTP answer to `POST /order` (protocol document, sections 2.9.2, 2.15 and 2.17). Only an answer that *proves* acceptance or
  /// refusal leaves `.unknown`: a 5xx, an HTML page, an empty or foreign body prove nothing, whatever their status says.
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - body: the parsed body, `nil` when it is not JSON.
  ///   - expected: our order id: an answer for another id proves nothing about ours.
  ///   - retryAfterSeconds: the `Retry-After` header.
  public static func classify(
    status: Int, body: JSON?, expected: VenueOrderID, retryAfterSeconds: Int64? = nil
  ) -> SubmitOutcome {
    let message = body.flatMap(errorText) ?? ""
    let wait = retryAfterSeconds ?? body?["retry_after_seconds"]?.int
    let words = VenueWords(message)
    if let named = words.order, named != expected { return .unknown("an answer for another order") }
    if words.isDuplicate { return .duplicated }
    switch status {
    case 200..<300:
      guard let body else { return .unknown("success without a readable body") }
      return accepted(body, words, wait, expected: expected)
    case 425: return .notTrading(.restarting, retryAfterSeconds: wait)
    case 429: return .throttled(retryAfterSeconds: wait)
    // The venue gave the request up, and it may have been read before.
    case 408: return .unknown("status 408")
    case 400..<500:
      if message.isEmpty { return .unknown("status \(status) without a reason") }
      return refusal(words, wait, status: status)
    case 500, 503:
      // Two kinds of 5xx: the venue's own refusals in known words, and everything else, after which the order may well stand.
      if let mode = words.mode { return .notTrading(mode, retryAfterSeconds: wait) }
      switch words.code {
      case .fillOrKill?, .noMatch?: return refusal(words, wait, status: status)
      default: return .unknown("status \(status): \(message.prefix(120))")
      }
    default: return .unknown("status \(status)")
    }
  }

  /// Reads the answer to `POST /orders`, entry by entry (section 2.9.3): one outcome for each of `expected`, in their order. A refusal of
  /// the whole request is everybody's; a list that is not as long as ours proves nothing about anybody.
  public static func classify(
    batch expected: [VenueOrderID], status: Int, body: JSON?, retryAfterSeconds: Int64? = nil
  ) -> [SubmitOutcome] {
    guard (200..<300).contains(status) else {
      return expected.map {
        classify(status: status, body: body, expected: $0, retryAfterSeconds: retryAfterSeconds)
      }
    }
    guard let entries = body?.array, entries.count == expected.count else {
      return expected.map { _ in .unknown("a batch of other orders") }
    }
    return zip(entries, expected).map {
      classify(status: status, body: $0, expected: $1, retryAfterSeconds: retryAfterSeconds)
    }
  }

  private static func refusal(_ words: VenueWords, _ wait: Int64?, status: Int) -> SubmitOutcome {
    if words.leavesOpen { return .unknown("status \(status): \(words.text.prefix(120))") }
    if let mode = words.mode { return .notTrading(mode, retryAfterSeconds: wait) }
    return .rejected(words.code ?? (status == 401 ? .credentials : .other), detail: words.text)
  }

  private static func accepted(
    _ body: JSON, _ words: VenueWords, _ wait: Int64?, expected: VenueOrderID
  ) -> SubmitOutcome {
    // In post-only mode the entries of a batch say success and give a reason why not.
    if !words.text.isEmpty { return refusal(words, wait, status: 200) }
    guard body["success"]?.bool == true else { return .unknown("neither success nor a reason") }
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
}
