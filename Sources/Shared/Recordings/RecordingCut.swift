/// A stretch of a recording that can be played by itself: before its first frame it notes the market clock, the markets that are followed
/// and their books as they stood, which the frames of the stretch build on. The frames are left as they are.
public struct RecordingCut: Sendable {
  private let from: WallTime?
  private let to: WallTime?
  private let wanted: Set<MarketSlug>
  private var standing: StandingMarkets
  private var hasBegun = false
  /// The markets that were followed at any time of the stretch, wanted or not.
  public private(set) var markets: Set<MarketSlug> = []

  /// - Parameters:
  ///   - from: first time of receipt that is kept; `nil` is the beginning.
  ///   - to: first one that is not; `nil` is the end.
  ///   - markets: keeps only frames that speak of one of these, and all reference prices; empty keeps all.
  public init(from: WallTime?, to: WallTime?, markets: Set<MarketSlug>) {
    self.from = from
    self.to = to
    wanted = markets
    standing = StandingMarkets(markets: markets)
  }

  /// Wanted markets that were never followed in the stretch: of these the cut has nothing.
  public var missing: Set<MarketSlug> { wanted.subtracting(markets) }

  /// Takes the next frame of the recording; gives what belongs into the cut.
  public mutating func take(_ frame: RecordedFrame) -> [RecordedFrame] {
    if let to, frame.receivedAt >= to { return [] }
    let isKept = from.map { frame.receivedAt >= $0 } ?? true
    var out: [RecordedFrame] = []
    if isKept, !hasBegun {
      hasBegun = true
      markets = standing.slugs
      out = standing.marks(at: frame.receivedAt)
    }
    let isWanted = standing.note(frame)
    if isKept, frame.stream == FeedMark.stream { markets.formUnion(standing.slugs) }
    return isKept && isWanted ? out + [frame] : out
  }
}
