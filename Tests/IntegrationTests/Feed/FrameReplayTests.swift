import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What the feed recorded of one venue, played to another feed and recorded again.
@Suite("Recordings of the feed, played again", .serialized, .hangLimit)
struct FrameReplayTests {
  /// Frames of the venue's streams, each stream in its order. Between the streams, which are two connections, there is none.
  private func frames(_ floor: FeedProcesses, isEnded: Bool = true) throws -> [String: [[UInt8]]] {
    var frames: [String: [[UInt8]]] = [:]
    let partly = try RecordingReader.readAll(in: floor.directory.path + "/recordings", prefix: "frames") {
      if $0.stream != FeedMark.stream { frames[$0.stream, default: []].append($0.frame) }
    }
    #expect(!isEnded || partly.isEmpty, "\(partly)")
    return frames
  }

  /// A feed that hears from nobody for a minute ends itself; a busy machine may need longer to record or to play.
  private func attend(_ floor: FeedProcesses) -> ControlClient {
    ControlClient(loop: floor.loop, path: floor.directory.path + "/market-feed.sock", bossEpoch: Epoch(1))
  }

  @Test("At any speed the same frames come in the same order, byte for byte, and the feed makes the same of them")
  func bitForBit() throws {
    let seed = Int.random(in: 1...9999)
    print("seed \(seed)")
    // A venue of full life at more than this would keep an unoptimised feed from keeping up, and a feed that is behind begins anew.
    let original = try FeedProcesses(speed: 10, seed: seed)
    try original.startVenue()
    // One socket: which of two twins was first, and what is told again after a void book, is not the recording's but the machine's.
    try original.startFeed(warmSecond: false)
    let boss = attend(original)
    defer { boss.close() }
    try original.wait("a market's result", within: .seconds(120)) {
      original.updates.contains { $0.state == .resolved } && original.updates.contains { $0.state == .live }
    }
    #expect(try original.stopFeed() == .code(0))
    let recorded = try frames(original)
    #expect(Set(recorded.keys) == ["market", "reference"] && recorded.values.allSatisfy { $0.count > 100 })
    let results = payouts(original)
    let files = RecordingReader.files(in: original.directory.path + "/recordings", prefix: "frames")

    for speed in [10, 30] {
      let again = try FeedProcesses(speed: speed)
      try again.startVenue(["--source", "frames"] + files + ["--paused"])
      try again.startFeed(warmSecond: false)
      let boss = attend(again)
      defer { boss.close() }
      try again.wait("both streams are subscribed") {
        guard let status = try? again.get("/sim/status") else { return false }
        return status["market_listeners"]?.int == 1 && status["reference_listeners"]?.int == 1
      }
      let start = try Command.run(
        "/usr/bin/curl", ["-sf", "-X", "POST", "http://127.0.0.1:\(again.port)/sim/start"], timeout: .seconds(10))
      #expect(start.succeeded)
      try again.wait("the end of the recording", within: .seconds(180)) {
        (try? again.get("/sim/status"))?["finished"]?.bool == true
      }
      // Sent is not received, and received is not yet on the disk.
      let wanted = recorded.values.reduce(0) { $0 + $1.count }
      try again.wait("the last frame in the recording at speed \(speed)", within: .seconds(120)) {
        ((try? frames(again, isEnded: false)) ?? [:]).values.reduce(0) { $0 + $1.count } >= wanted
      }
      // Before the silence after the recording makes the feed begin anew.
      let played = try frames(again, isEnded: false)
      // A market may be resolved when its frames are over: a window and the venue's word on it are 40 s at the lower speed.
      try again.wait("a result at speed \(speed)", within: .seconds(120)) {
        payouts(again).keys.contains { results[$0] != nil }
      }
      #expect(try again.stopFeed() == .code(0))
      _ = try frames(again)
      for (stream, wanted) in recorded {
        let got = played[stream] ?? []
        #expect(got.count == wanted.count, "\(stream) at speed \(speed)")
        let place = Swift.zip(got, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        #expect(place == nil, "\(stream) at speed \(speed): the first other frame is number \(place ?? -1)")
      }
      #expect(again.updates.contains { $0.state == .live }, "no market was live at speed \(speed)")
      // Markets end in the replay as they ended when it was recorded.
      for (slug, payout) in payouts(again) {
        if let wanted = results[slug] { #expect(payout == wanted, "\(slug) at speed \(speed)") }
      }
    }
  }

  /// How markets ended, as the feed published it.
  private func payouts(_ floor: FeedProcesses) -> [MarketSlug: Price] {
    floor.updates.reduce(into: [:]) { payouts, update in
      if let payout = update.payout { payouts[update.slug] = payout }
    }
  }

  /// The figures of recordings, market by market, as `sim-venue`'s slugs name them.
  private func middles(_ figures: RecordedFigures, _ slugs: [MarketSlug]) -> [[RollingWindow.Sample]] {
    slugs.map { figures.middles($0) }
  }

  @Test(
    "A later file alone is inspected, cut, verified, taken anew and played: it begins with what the ones before told")
  func laterFileAlone() throws {
    let original = try FeedProcesses(speed: 60, seed: Int.random(in: 1...9999))
    try original.startVenue()
    try original.startFeed(recordingMegabytes: 1)
    func files() -> [String] { RecordingReader.files(in: original.directory.path + "/recordings", prefix: "frames") }
    try original.wait("a fourth file", within: .seconds(120)) { files().count >= 4 }
    #expect(try original.stopFeed() == .code(0))
    let recordings = files()
    let later = recordings[2]

    // Together they tell what each tells of its own time.
    var summary = RecordingSummary(readsEvents: false)
    for path in recordings { _ = try RecordingReader.read(path) { summary.take($0) } }
    let slugs = summary.markets.map(\.slug)
    var together = RecordedFigures()
    var told = 0
    for path in recordings {
      let before = middles(together, slugs)
      var alone = RecordedFigures()
      _ = try RecordingReader.read(path) { frame in
        together.take(stream: frame.stream, frame: frame.frame)
        alone.take(stream: frame.stream, frame: frame.frame)
      }
      let own = middles(alone, slugs)
      for (place, slug) in slugs.enumerated() {
        #expect(before[place] + own[place] == together.middles(slug), "\(slug) in \(path)")
      }
      told = own.reduce(0) { $0 + $1.count }
      #expect(told > 0 || path == recordings.last, "\(path)")
    }

    let state = original.directory.path
    func floor(_ words: [String]) throws -> Command.Output {
      try Command.run(
        try FeedProcesses.executable("floor"), ["recording"] + words + ["--state", state], timeout: .seconds(60))
    }
    let verified = try floor(["verify", later])
    #expect(verified.succeeded, "\(verified.text)")
    let inspected = try JSON.parse(try floor(["inspect", later, "--json"]).text)
    #expect(inspected["rate_milli"]?.int == 60_000 && inspected["markets"]?.array?.isEmpty == false)
    let slug = try #require(inspected["markets"]?.array?.first?["market"]?.string)
    let cut = state + "/cut.jsonl.zst"
    let kept = try floor(["cut", later, "--market", slug, "--out", cut])
    #expect(kept.succeeded, "\(kept.text)")

    let again = try FeedProcesses(speed: 60)
    try again.startVenue(["--source", "frames", later, "--paused"])
    try again.startFeed()
    try again.wait("the streams are subscribed") {
      guard let status = try? again.get("/sim/status") else { return false }
      return status["market_listeners"]?.int ?? 0 > 0 && status["reference_listeners"]?.int == 1
    }
    let start = try Command.run(
      "/usr/bin/curl", ["-sf", "-X", "POST", "http://127.0.0.1:\(again.port)/sim/start"], timeout: .seconds(10))
    #expect(start.succeeded)
    try again.wait("a live market", within: .seconds(60)) { again.updates.contains { $0.state == .live } }
  }
}
