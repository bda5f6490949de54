import Shared
import Testing

/// Recordings of best prices alone: polls, samples, histories.
@Suite("Imports of quotes")
struct QuoteShapeTests {
  private func lines(_ text: String) -> [[UInt8]] { text.split(separator: "\n").map { Array($0.utf8) } }

  private func price(_ text: String) throws -> Price { try Price(parsing: text) }

  @Test("polled event markets are named at their first row, and told their official result a second after their last")
  func eventQuotes() throws {
    let rows = try ImportFormat.eventQuotes.rows(
      lines(
        """
        ts,category,question,slug,bid,ask,y,label_source
        2026-07-10 20:25:46,weather,Highest temperature?,high-lt90,0.25,0.27,0.0,api
        2026-07-10 20:25:46,weather,Highest temperature?,high-gte90,0.7,,1.0,convergence
        2026-07-10 20:27:48,weather,Highest temperature?,high-lt90,0.0,0.01,0.0,api
        """), name: "multi_outcome.csv.gz", markets: [])
    let named = rows.compactMap { row -> String? in
      if case .market(let slug, _, _, _, nil) = row.fact { slug.text } else { nil }
    }
    #expect(named == ["high-lt90", "high-gte90"])
    let tops = rows.compactMap { row -> [Price?]? in
      if case .top(_, let bid, let ask) = row.fact { [bid, ask] } else { nil }
    }
    // Nobody bids nothing.
    let wanted: [[Price?]] = [
      [try price("0.25"), try price("0.27")], [try price("0.7"), nil], [nil, try price("0.01")],
    ]
    #expect(tops == wanted)
    let last = try #require(rows.last)
    guard case .resolved(let slug, let winner) = last.fact, case .market(_, _, _, let no, _) = rows[0].fact else {
      return #expect(Bool(false), "\(last)")
    }
    #expect(slug.text == "high-lt90" && winner == no)
    #expect(last.at == WallTime(nanoseconds: rows[4].at.nanoseconds + 1_000_000_000))
    // What somebody inferred from the prices is no result.
    #expect(rows.count { if case .resolved = $0.fact { true } else { false } } == 1)
  }

  @Test("a history of middles becomes the nearest whole cents around each")
  func history() throws {
    let table = """
      {"data": [{"slug": "btc-updown-15m-1765570500", "conditionId": "0x\(String(repeating: "ab", count: 32))",
      "tokenIds": ["11", "12"]}]}
      """
    let line =
      #"{"metadata": {"tokenId": "11"}, "data": [{"timestamp": 1765570507000, "price": 0.695}, "#
      + #"{"timestamp": 1765570567000, "price": 0.5}, {"timestamp": 1765570627000, "price": 0.996}]}"#
    let rows = try ImportFormat.priceHistory.rows(lines(line), name: "prices.jsonl", markets: lines(table))
    let tops = rows.compactMap { row -> [Price?]? in
      if case .top(_, let bid, let ask) = row.fact { [bid, ask] } else { nil }
    }
    let wanted: [[Price?]] = [
      [try price("0.69"), try price("0.7")], [try price("0.49"), try price("0.51")], [try price("0.99"), nil],
    ]
    #expect(tops == wanted)
    #expect(rows[0].at == WallTime(nanoseconds: 1_765_570_507_000_000_000))
    let stranger = #"{"metadata": {"tokenId": "13"}, "data": []}"#
    #expect(throws: ImportError.self) {
      try ImportFormat.priceHistory.rows(lines(stranger), name: "", markets: lines(table))
    }
    #expect(throws: ImportError.self) { try ImportFormat.priceHistory.rows(lines(line), name: "", markets: []) }
  }

  @Test("a ladder's samples lie where their seconds before the end say, and the winner is told after it")
  func ladder() throws {
    let line =
      #"{"slug": "btc-updown-5m-1785106200", "winner": "DOWN", "samples": [{"t": -118.3, "spot": 65423.47, "#
      + #""up": {"ask": 0.13, "bid": 0.12}, "down": {"ask": 0.88, "bid": 0.87}}, {"t": -9.8, "up": {"ask": 0.02}}]}"#
    let rows = try ImportFormat.ladder.rows(lines(line), name: "ladder.jsonl", markets: [])
    let end: Int64 = 1_785_106_500_000
    #expect(
      rows.map(\.at.nanoseconds)
        == [-118_300, -118_300, -118_300, -118_300, -9800, 1000].map { (end + $0) * 1_000_000 })
    guard case .market(_, _, let yes, let no, nil) = rows[0].fact, case .price(let spot) = rows[1].fact else {
      return #expect(Bool(false), "\(rows)")
    }
    #expect(spot.symbol == "btcusdt" && spot.value == ReferenceValue(parsing: "65423.47"))
    let first = ImportedRow.Fact.top(yes, bid: try price("0.12"), ask: try price("0.13"))
    let second = ImportedRow.Fact.top(no, bid: try price("0.87"), ask: try price("0.88"))
    let third = ImportedRow.Fact.top(yes, bid: nil, ask: try price("0.02"))
    #expect(rows[2...4].map(\.fact) == [first, second, third])
    guard case .resolved(_, let winner) = rows[5].fact else { return #expect(Bool(false), "\(rows[5])") }
    #expect(winner == no)
  }

  @Test("the first price between cents tells that the grid has become finer, once for each token")
  func finerGrid() throws {
    func row(_ token: String, _ price: String, _ second: Int) -> String {
      "mlb-a-b,\(token),1,price_change,\(price),bid,10,h\(second),1750212212\(second)0"
    }
    let rows = try ImportFormat.sportsEvents.rows(
      lines(
        (["market_slug,asset_id,market_id,event_type,price,side,size,hash,timestamp"]
          + [row("11", "0.98", 10), row("12", "0.02", 20), row("11", "0.985", 30), row("12", "0.015", 40)])
          .joined(separator: "\n")), name: "game.csv", markets: [])
    let grids = rows.indices.filter { if case .grid(_, .tenthOfCent) = rows[$0].fact { true } else { false } }
    #expect(grids == [3, 4] && rows.count == 7)
    var frames = VenueFrames()
    let told = try rows.flatMap { try frames.lines(for: $0) }.filter { $0.stream == "market" }
    var decoder = MarketFrameDecoder()
    let changes = told.flatMap { decoder.decode($0.frame).events }.compactMap {
      if case .tickSizeChange(let change) = $0 { change.tick } else { nil }
    }
    #expect(changes == [.tenthOfCent, .tenthOfCent])
  }

  @Test("a game's market ends when the game begins, and keeps that through its marks")
  func games() throws {
    let condition = "0x" + String(repeating: "1b", count: 32)
    let line =
      #"{"asks": "[]", "bids": "[{\"size\": \"5\", \"price\": \"0.4\"}]", "timestamp": "2026-04-06T18:42:34.911Z", "#
      + #""token_id": "73", "condition_id": "\#(condition)"}"#
    let table =
      "slug,condition_id,token_id,first_pitch_utc,token_won\nmlb-a-b,\(condition),73,2026-04-07T00:40:00+00:00,1"
    let rows = try ImportFormat.sportsBooks.rows(lines(line), name: "x", markets: lines(table))
    let begins = MarketTime(nanoseconds: try #require(CivilTime.nanoseconds(parsing: "2026-04-07T00:40:00Z")))
    guard case .market(_, _, _, _, let ends) = rows[0].fact else { return #expect(Bool(false), "\(rows[0])") }
    #expect(ends == begins)
    var frames = VenueFrames()
    var standing = StandingMarkets()
    for row in rows { for frame in try frames.lines(for: row) { standing.note(frame) } }
    let marks = standing.marks(at: rows[0].at).compactMap { frame in
      (try? JSON.parse(frame.frame)).flatMap { FeedMark($0) }
    }
    let kept = marks.compactMap { if case .standing(let market) = $0 { market.ends } else { nil } }
    #expect(kept == [begins])
  }
}
