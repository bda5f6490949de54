import Shared

/// What a market is, fixed from its listing on.
struct MarketSpec: Hashable, Sendable {
  /// What decides the outcome.
  enum Kind: Hashable, Sendable {
    /// Up when the reference price at the end is at least the one at the start.
    case upDown(asset: String, seconds: Int64)
    case question
  }

  var slug: String
  var kind: Kind
  var question: String
  var details: String
  var conditionID: String
  var questionID: String
  /// Outcome 0 (Up, Yes), outcome 1 (Down, No).
  var tokens: [String]
  var labels: [String]
  /// Gamma's numeric ids, given by the venue at the listing.
  var number: Int64
  var eventNumber: Int64
  var tick: PriceTick
  var minimumSize: Shares
  /// Taker fee rate in millionths (0.07 is 70 000).
  var feeRate: Int64
  var listed: MarketTime
  /// First moment of the window; for questions the listing.
  var start: MarketTime
  var end: MarketTime

  /// Which contract settles it.
  var exchange: TypedOrder.Exchange
  /// The event that it is one of several markets of; `nil` for an event of its own.
  var group: Group?

  /// An event with several markets.
  struct Group: Hashable, Sendable {
    var slug: String
    var title: String
    /// What this market is among them.
    var item: String
  }

  var isUpDown: Bool {
    if case .upDown = kind { return true }
    return false
  }

  /// A new market whose ids are derived from its slug, so that the same slug always has the same tokens.
  init(
    slug: String, kind: Kind, question: String, details: String, labels: [String], tokens: [String]? = nil,
    conditionID: String? = nil, feeRate: Int64, listed: MarketTime, start: MarketTime, end: MarketTime,
    exchange: TypedOrder.Exchange = .standard, group: Group? = nil
  ) {
    self.slug = slug
    self.kind = kind
    self.question = question
    self.details = details
    self.labels = labels
    self.feeRate = feeRate
    self.listed = listed
    self.start = start
    self.end = end
    self.exchange = exchange
    self.group = group
    let positions = Self.positions(slug)
    let isThird = exchange == .third
    self.conditionID =
      conditionID ?? "0x"
      + Hex.text(isThird ? Array(positions[0].dropLast()) : Digests.sha256(Array("condition:\(slug)".utf8)))
    questionID = "0x" + Hex.text(Digests.sha256(Array("question:\(slug)".utf8)))
    self.tokens =
      tokens
      ?? (0..<2).map { Hex.decimal(isThird ? positions[$0] : Digests.sha256(Array("token:\($0):\(slug)".utf8))) }
    number = 0
    eventNumber = 0
    tick = .cent
    minimumSize = Shares(whole: 5)
  }

  /// Asset ids of a market of protocol v2 (protocol document, section 2.7.4): the first byte names the module (1 is binary), bits 40 to
  /// 103 are zero, the last byte is the outcome; the 31 bytes before it are the condition id.
  private static func positions(_ slug: String) -> [[UInt8]] {
    var bytes = Digests.sha256(Array("condition:\(slug)".utf8))
    bytes[0] = 1
    for index in 19...26 { bytes[index] = 0 }
    return (0..<2).map { outcome in
      bytes[31] = UInt8(outcome)
      return bytes
    }
  }

  /// The event's own name and title.
  var eventSlug: String { group?.slug ?? slug }
  var eventTitle: String { group?.title ?? question }

  /// The token that goes with another one: derived, for recordings that name only one.
  static func complement(of token: String) -> String {
    Hex.decimal(Digests.sha256(Array("complement:\(token)".utf8)))
  }

  /// The id that the markets of one event share.
  var groupID: String { "0x" + Hex.text(Digests.sha256(Array("group:\(group?.slug ?? slug)".utf8))) }

  func outcome(of token: String) -> Outcome? {
    tokens[0] == token ? .yes : tokens[1] == token ? .no : nil
  }
}
