/// `btc5m_multifeed`: `{"windows":[{"cid", "token_up", "token_down", "label", "events"}]}` around one up/down window. Events are
/// `[received, "s"|"l"|"t", stamp, price]` (exchange spot, oracle, its mean over sixty seconds), `[received, "p", token, price, size]` and
/// `[received, "b", token, bid, ask]`, where a bid of 0 and an ask of 1 mean none. The result is told a minute after the window.
enum WindowDocument {
  static func rows(_ lines: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    let json = try JSON.imported(Array(lines.joined(separator: [0x0A])), 0)
    guard let windows = json["windows"]?.array, !windows.isEmpty else {
      throw ImportError(line: 0, "no \"windows\" in it")
    }
    var rows: [ImportedRow] = []
    for window in windows {
      guard let slug = window["cid"]?.string.flatMap(MarketSlug.init), let contract = MarketSeries.contract(slug),
        let yes = window["token_up"]?.string.flatMap(TokenID.init),
        let no = window["token_down"]?.string.flatMap(TokenID.init), let condition = DerivedID.condition(slug),
        let events = window["events"]?.array
      else { throw ImportError(line: 0, "a window without cid (an up/down slug), token_up, token_down or events") }
      var last = WallTime(nanoseconds: 0)
      for (index, event) in events.enumerated() {
        guard let parts = event.array, parts.count >= 4, let at = parts[0].decimalText.flatMap(WallTime.init(seconds:)),
          let fact = fact(parts, contract.series, [yes, no])
        else { throw ImportError(line: 0, "\(slug), event \(index + 1): none of the kinds s, l, t, p, b") }
        if index == 0 { rows.append(ImportedRow(at: at, .market(slug, condition: condition, yes: yes, no: no))) }
        rows.append(ImportedRow(at: at, fact))
        last = max(last, at)
      }
      if let isUp = window["label"]?["resolved_up"]?.int {
        let end = WallTime(seconds: contract.start + contract.series.length.seconds + 60)
        rows.append(ImportedRow(at: end, .resolved(slug, winner: isUp == 1 ? yes : no)))
      }
    }
    return rows
  }

  private static func fact(_ parts: [JSON], _ series: MarketSeries, _ tokens: [TokenID]) -> ImportedRow.Fact? {
    let kind = parts[1].string
    switch kind {
    case "s", "l", "t":
      guard let stamp = parts[2].decimalText.flatMap(WallTime.init(seconds:)),
        let value = parts[3].decimalText.flatMap({ ReferenceValue(parsing: $0) })
      else { return nil }
      return .price(
        ReferenceTick(
          series: kind == "s" ? .exchangeSpot : kind == "l" ? .oracleSpot : .oracleTWAP(seconds: 60),
          symbol: kind == "s" ? series.asset + "usdt" : series.symbol,
          observedAt: MarketTime(nanoseconds: stamp.nanoseconds), value: value))
    case "p":
      guard parts.count == 5, let token = token(parts[2], tokens), let price = parts[3].price,
        let size = parts[4].shares
      else { return nil }
      // Who took was not recorded.
      return .trade(token, .buy, BookLevel(price: price, size: size))
    case "b":
      guard parts.count == 5, let token = token(parts[2], tokens), let bid = parts[3].price, let ask = parts[4].price
      else { return nil }
      return .top(token, bid: bid == .zero ? nil : bid, ask: ask == .one ? nil : ask)
    default: return nil
    }
  }

  private static func token(_ json: JSON, _ tokens: [TokenID]) -> TokenID? {
    json.string.flatMap(TokenID.init).flatMap { tokens.contains($0) ? $0 : nil }
  }
}
