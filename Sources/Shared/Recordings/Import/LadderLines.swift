/// `btc5m_ladder`: `{"slug", "winner", "samples": [{"t" (seconds to the window's end, negative), "spot", "up": {"bid", "ask"}, "down": …}]}`, a
/// window a line. The result is told a second after the window's end; the tokens are not recorded and made from the window's name.
enum LadderLines {
  static func rows(_ lines: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    var rows: [ImportedRow] = []
    for (index, line) in lines.enumerated() {
      let json = try JSON.imported(line, index + 1)
      guard let slug = json["slug"]?.string.flatMap({ MarketSlug($0) }), let contract = MarketSeries.contract(slug),
        let samples = json["samples"]?.array, let winner = json["winner"]?.string, ["UP", "DOWN"].contains(winner),
        let (yes, no) = DerivedID.tokens(of: slug), let condition = DerivedID.condition(slug)
      else { throw ImportError(line: index + 1, "slug of a window, samples and winner (UP or DOWN) are wanted") }
      let end = (contract.start + contract.series.length.seconds) * 1_000_000_000
      var isNamed = false
      for sample in samples {
        guard let offset = sample["t"]?.double, offset.isFinite, abs(offset) < 14_400 else {
          throw ImportError(line: index + 1, "a sample without t, the seconds to the window's end")
        }
        let at = WallTime(nanoseconds: end + Int64((offset * 1000).rounded()) * 1_000_000)
        if !isNamed {
          isNamed = true
          rows.append(ImportedRow(at: at, .market(slug, condition: condition, yes: yes, no: no)))
        }
        if let spot = sample["spot"]?.decimalText.flatMap({ ReferenceValue(parsing: $0) }) {
          rows.append(
            ImportedRow(
              at: at,
              .price(
                ReferenceTick(
                  series: .exchangeSpot, symbol: contract.series.asset + "usdt",
                  observedAt: MarketTime(nanoseconds: at.nanoseconds), value: spot))))
        }
        for (name, token) in [("up", yes), ("down", no)] {
          guard let quote = sample[name] else { continue }
          rows.append(ImportedRow(at: at, .top(token, bid: quote["bid"]?.price, ask: quote["ask"]?.price)))
        }
      }
      if isNamed {
        rows.append(
          ImportedRow(
            at: WallTime(nanoseconds: end + 1_000_000_000), .resolved(slug, winner: winner == "UP" ? yes : no)))
      }
    }
    return rows
  }
}
