import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite("Likeness of the synthetic life") struct LikenessTests {
  /// Bounds of the Kolmogorov–Smirnov distance; docs/synthetic-life.md shows what is reached. That of the levels compares 1 with 0.99.
  static let bounds: [MarketFeatures.Feature: Double] = [
    .spread: 0.2, .bestSize: 0.2, .secondSize: 0.25, .deepSize: 0.25, .levels: 0.35, .updates: 0.25, .tradeSize: 0.25,
    .move: 0.3,
  ]

  @Test(
    "spreads, depths, rates, trades and moves are distributed like the recorded ones, and follow the reference as fast",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)),
    .hangLimit, arguments: Seeds.some(1).suffix(1))
  func isLike(seed: UInt64) throws {
    let recorded = try RecordedMarkets.measure(ReferenceFiles.data.folder, stride: 25)
    let synthetic = SyntheticMarkets.measure(.init(seed: seed), seconds: 3600)
    let likeness = Likeness(recorded: recorded, synthetic: synthetic)
    for line in likeness.lines {
      let bound = try #require(Self.bounds[line.feature])
      #expect(line.recorded.count > 100 && line.synthetic.count > 100)
      #expect(line.distance < bound, "\(line.feature.rawValue)\n\(likeness.table)")
    }
    #expect(likeness.reactionDistance < 0.3, "\(likeness.table)")
  }

  @Test("a life with other habits is told apart: the bounds can be missed")
  func canFail() throws {
    var profile = SyntheticProfile()
    for index in profile.takers.indices { profile.takers[index].size.median *= 8 }
    profile.makers[0].widens = 0.9
    profile.makers[0].first.median *= 6
    let usual = SyntheticMarkets.measure(.init(seed: 5), seconds: 120)
    let strange = SyntheticMarkets.measure(.init(seed: 5, profile: profile), seconds: 120)
    let likeness = Likeness(recorded: usual, synthetic: strange)
    for line in likeness.lines where [.tradeSize, .spread, .bestSize].contains(line.feature) {
      let bound = try #require(Self.bounds[line.feature])
      #expect(line.distance > bound, "\(line.feature.rawValue): \(line.distance)")
    }
    #expect(likeness.table.contains("| trade size |"))
  }

  @Test("the figure has a panel for each feature and one for the reaction, and is whole XML")
  func figure() {
    let life = SyntheticMarkets.measure(.init(seed: 9), seconds: 60)
    let svg = LikenessFigure.svg(Likeness(recorded: life, synthetic: life))
    #expect(svg.components(of: "<g ") == MarketFeatures.Feature.allCases.count + 1)
    #expect(svg.components(of: "<g ") == svg.components(of: "</g>"))
    #expect(svg.components(of: "<polyline ") == 2 * (MarketFeatures.Feature.allCases.count + 1))
    #expect(svg.hasSuffix("</svg>\n") && !svg.contains("nan") && !svg.contains("inf"))
  }

  @Test("the command tells what it misses and where, and its exit status says which kind of mistake it was")
  func command() throws {
    func run(_ arguments: [String]) -> (status: Int32, texts: [String]) {
      var texts: [String] = []
      let status = LikenessCommand.run(arguments) { text, _ in texts.append(text) }
      return (status, texts)
    }
    #expect(run(["--help"]).status == 0)
    let wrong = run(["--windows", "none", "--colour", "--seed"])
    #expect(wrong.status == 64)
    for text in ["--windows none: a whole number", "--colour: unknown", "--seed needs a value", "--data is wanted"] {
      #expect(wrong.texts.contains { $0.contains(text) }, "\(text) in \(wrong.texts)")
    }
    let empty = try TemporaryDirectory()
    let missing = run(["--data", empty.path])
    #expect(missing.status == 66)
    #expect(missing.texts.first?.contains("\(empty.path)/btc5m_books/raw") == true)
  }
}

extension String {
  /// How often a text stands in this one.
  fileprivate func components(of part: String) -> Int {
    split(separator: part, omittingEmptySubsequences: false).count - 1
  }
}
