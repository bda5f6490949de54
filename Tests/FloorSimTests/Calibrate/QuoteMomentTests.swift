import FloorSim
import Shared
import Testing

@Suite("Middles noted at single moments")
struct QuoteMomentTests {
  private func read(_ lines: [String], slow: Int64 = 0) throws -> [QuoteMoment] {
    try QuoteLines.read(lines.map { Array($0.utf8) }, length: 300, slow: slow)
  }

  private func ladder(_ opens: Int64, _ samples: [(offset: Int, spot: Double)], bid: String = "0.40") -> String {
    let items = samples.map {
      #"{"offset":\#($0.offset),"t":-\#($0.offset).2,"spot":\#($0.spot),"up":{"bid":\#(bid),"ask":0.5}}"#
    }
    return #"{"window_ts":\#(opens),"open_px":100,"samples":[\#(items.joined(separator: ","))],"winner":"UP"}"#
  }

  @Test("A ladder's sample is as far before the close as it says, less what the recorder's clock is behind")
  func clock()
    throws
  {
    let lines = [ladder(600, [(60, 100), (30, 101), (20, 102)])]
    #expect(try read(lines).map(\.group) == [60, 30, 20])
    let moved = try read(lines, slow: 20)
    // What is labelled 20 s before the close happened at it: nothing is left to forecast.
    #expect(moved.map(\.group) == [40, 10] && moved.map(\.now) == [860, 890] && moved.map(\.closes) == [900, 900])
    #expect(moved.allSatisfy { $0.cameUp == true && abs(($0.mid ?? 0) - 0.45) < 1e-12 })
    #expect(abs(try #require(try read([ladder(600, [(60, 100)], bid: "null")]).first?.mid) - 0.25) < 1e-12)
  }

  @Test("Models of a ladder use its own price: sigma is the root of squared changes over the seconds between them")
  func sigma() throws {
    let moments = try read([ladder(600, [(60, 100), (40, 101)])])
    #expect(moments[0].forecasts.isEmpty)
    let change = Elementary.log(101.0 / 100)
    let sigma = (change * change / 20).squareRoot()
    let said = try #require(moments[1].forecasts[.normalSpot])
    #expect(abs(said - NormalDistribution.cdf(1 / (101 * sigma * 40.0.squareRoot()))) < 1e-12)
    #expect(try #require(moments[1].forecasts[.tailedSpot]) > 0.5)
  }

  @Test("Middles with a lag are one group at their median, clear of certainty") func history() throws {
    let moments = try read([
      #"{"ts":600,"up_mid":0.7,"up_lag":51,"winner":"UP"}"#, #"{"ts":900,"up_mid":1,"up_lag":53,"winner":"DOWN"}"#,
      #"{"ts":1200,"up_mid":0.2,"up_lag":58,"winner":null}"#,
    ])
    #expect(moments.map(\.group) == [53, 53, 53] && moments.map(\.now) == [849, 1147, 1442])
    #expect(moments.map(\.mid) == [0.7, 0.995, 0.2] && moments.map(\.cameUp) == [true, false, nil])
    let samples = ForecastSamples(moments)
    #expect(samples.samples.count == 2 && samples.unprovable == 1 && samples.labels == [.told: 2])
  }

  @Test("What is no such line is refused with its number") func refused() {
    #expect(throws: ImportError(line: 0, "no line in it")) { try read([]) }
    #expect(throws: ImportError(line: 1, "up_lag, or samples, are wanted")) { try read([#"{"ts":5}"#]) }
    #expect(throws: ImportError(line: 1, "ts and up_mid (0 to 1) are wanted")) {
      try read([#"{"ts":5,"up_mid":1.2,"up_lag":50}"#])
    }
    #expect(throws: ImportError(line: 1, "winner 'left': UP or DOWN is wanted")) {
      try read([#"{"ts":5,"up_mid":0.2,"up_lag":50,"winner":"left"}"#])
    }
    #expect(throws: ImportError(line: 1, "window_ts, open_px and samples are wanted")) {
      try read([#"{"samples":[]}"#])
    }
    #expect(throws: ImportError(line: 1, "a sample without offset, t, spot or up")) {
      try read([#"{"window_ts":600,"open_px":100,"samples":[{"offset":5}],"winner":"UP"}"#])
    }
  }
}
