import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite(
  "Replayed life", .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)),
  .hangLimit)
struct ReplaySourceTests {
  static let folder = ReferenceFiles.data.folder + "/btc5m_books"

  /// Some recordings, other ones at each run.
  private func files(_ count: Int) throws -> [String] {
    let all = try ReferenceFiles.data.files("btc5m_books/raw", suffix: ".gz").map { Self.folder + "/raw/" + $0 }
    // A recording of a few dozen messages has nothing to compare.
    let long = try all.filter { try FileTail.size($0) > 100_000 }
    try #require(long.count >= count, "too few recordings of a useful length")
    return Array(long.shuffled().prefix(count))
  }

  @Test("every recorded book stands in the market as it was, mirrored for the other token")
  func booksAreTheRecorded() throws {
    let recordings = try files(1).map { try BookRecording(path: $0) }
    var life = ReplaySource(recordings: recordings.map(\.recording), cutGaps: true)
    var state = VenueState(
      rules: VenueRules(),
      now: Now(wall: WallTime(seconds: 1), market: life.origin(wall: WallTime(seconds: 1))))
    life.begin(&state)
    let recording = try #require(recordings.first)
    let text = try lines(recording.path)
    var place = 0
    var compared = 0
    while let due = life.next {
      state.advance(to: Now(wall: state.now.wall, market: due))
      let before = life.snapshots
      try life.run(&state)
      guard life.snapshots > before, life.snapshots % 60 == 1 else {
        _ = state.takeEffects()
        continue
      }
      var market: Int?
      for case .notice(.book(let index)) in state.takeEffects() { market = index }
      guard let market else { continue }
      // Two messages of one stamp cannot be told apart this way; the first of them is not compared.
      guard let wanted = try levels(of: recording, at: due, in: text, &place), life.next != due else { continue }
      var shown: Set<String> = []
      let book = state.live[market].book
      book.forEachLevel(recording.side, .buy) { shown.insert("bid \($0) \($1)") }
      book.forEachLevel(recording.side, .sell) { shown.insert("ask \($0) \($1)") }
      #expect(shown == wanted, "\(recording.market.spec.slug) at \(due)")
      #expect(book.bestBid(recording.side.other) == book.bestAsk(recording.side)?.complement)
      compared += 1
    }
    #expect(compared > 0)
    state.advance(to: Now(wall: state.now.wall, market: state.now.market.advanced(by: .seconds(400))))
    for recording in recordings {
      let resolution = try #require(state.clients.decisions[recording.market.spec.slug])
      if let outcome = recording.market.outcome { #expect(resolution.winner == outcome) }
      #expect(resolution.inferred == (recording.market.outcome == nil))
      guard case .resolved = state.clients.phases[recording.market.spec.slug] else {
        Issue.record("\(recording.market.spec.slug) was not settled")
        continue
      }
    }
  }

  /// The first recorded message of that stamp, read by other means; `place` moves behind it.
  private func levels(
    of recording: BookRecording, at: MarketTime, in lines: [Substring], _ place: inout Int
  ) throws -> Set<String>? {
    while place < lines.count {
      defer { place += 1 }
      guard lines[place].contains("\"timestamp\":\"\(at.milliseconds)\"") else { continue }
      let raw = try #require(WireReader.read(String(lines[place]))?["raw"])
      guard raw["asset_id"]?.asText == recording.token else { continue }
      var found: Set<String> = []
      for (name, word) in [("bids", "bid"), ("asks", "ask")] {
        for level in raw[name]?.asList ?? [] {
          let price = try #require(level["price"]?.asMicros)
          let size = try #require(level["size"]?.asMicros)
          if size > 0 { found.insert("\(word) \(WireDecimal.text(price)) \(WireDecimal.text(size))") }
        }
      }
      return found
    }
    return nil
  }

  private func lines(_ path: String) throws -> [Substring] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n")
  }

  @Test("in lockstep no gap is cut: a replay begins five seconds before its first event, and only steps lead there")
  func lockstepCutsNothing() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(
      ["--source", "replay"] + (try files(1)) + ["--cut-gaps", "--lockstep"], data: directory.path + "/venue")
    let begin = try #require(try venue.get("/sim/standing")["market_ns"]?.asNumber)
    func step(_ seconds: Double) throws -> WireValue? {
      try venue.ask("POST", "/sim/step", query: "until_ns=\(begin + Int64(seconds * 1e9))")["happened"]
    }
    #expect(try step(4.9) == .flag(false))
    #expect(try step(5) == .flag(true))
  }

  @Test("a served replay at a hundred times the speed keeps up, cuts the gaps, settles and says that it is over")
  func servedAtSpeed() throws {
    let directory = try TemporaryDirectory()
    let chosen = try files(2)
    let venue = try RunningVenue(
      ["--source", "replay"] + chosen + ["--speed", "100", "--cut-gaps", "--paused", "--settlement-delay-s", "5"],
      data: directory.path + "/venue")
    let slugs = chosen.map { String($0.split(separator: "/").last!.dropLast(".jsonl.gz".count)) }.sorted()
    let market = try venue.get("/markets/slug/\(slugs[0])")
    let tokens = WireReader.read(try #require(market["clobTokenIds"]?.asText))?.asList?.compactMap(\.asText) ?? []
    let stream = try PlainWebSocket(port: venue.port, path: "/ws/market")
    try stream.send(WireValue.object(("type", "market"), ("assets_ids", .texts(tokens))).string)
    #expect(try venue.ask("POST", "/sim/start").status == 200)
    var books: [String: Int] = [:]
    var bid: [String: Int64] = [:]
    var ask: [String: Int64] = [:]
    // First read, then look: a venue drops a client that reads too slowly.
    var texts: [String] = []
    var seen = 0
    while seen < 400 {
      texts.append(try stream.next())
      if texts[texts.count - 1].contains("\"event_type\":\"book\"") { seen += 1 }
    }
    for text in texts {
      let event = try #require(WireReader.read(text))
      guard event["event_type"]?.asText == "book", let asset = event["asset_id"]?.asText else { continue }
      books[asset, default: 0] += 1
      bid[asset] = event["bids"]?.asList?.last?["price"]?.asMicros
      ask[asset] = event["asks"]?.asList?.last?["price"]?.asMicros
      // The two tokens' books follow one another: after the second they are each other's mirror.
      if asset == tokens[1], let own = bid[asset], let other = ask[tokens[0]] { #expect(own == 1_000_000 - other) }
    }
    #expect(books.count == 2)
    let status = try eventually("the replay is over", within: .seconds(60)) { () -> WireValue? in
      let status = try venue.get("/sim/status").body
      return status["finished"]?.asFlag == true ? status : nil
    }
    #expect(status["skipped_lines"]?.asNumber == 0)
    for slug in slugs {
      try eventuallyTrue("\(slug) is resolved") {
        try venue.get("/markets/slug/\(slug)")["umaResolutionStatus"]?.asText == "resolved"
      }
    }
    #expect(try venue.get("/ok").status == 200)
  }
}
