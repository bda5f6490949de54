/// An event as the venue's discovery service describes it (protocol document, section 1.5): one up/down window, or several questions of which,
/// under negative risk, exactly one comes true.
public struct GammaEvent: Hashable, Sendable {
  public let id: String
  public let slug: MarketSlug
  public let title: String
  public let active: Bool
  public let closed: Bool
  /// False on leftovers that series still list (section 1.6).
  public let hasOrderBook: Bool
  /// Its markets exclude each other, and exactly one pays.
  public let negRisk: Bool
  public let negRiskMarket: String?
  /// Outcomes may be added later: placeholders and "other" do not mean for ever what they mean now.
  public let isAugmented: Bool
  /// `btc-up-or-down-5m`; `nil` outside any series.
  public let series: String?
  /// Window start of an up/down event.
  public let start: MarketTime?
  public let end: MarketTime?
  /// The settling series at the window's start and end. Told only after the window has ended, the second later than the first.
  public let priceToBeat: ReferenceValue?
  public let finalPrice: ReferenceValue?
  public let markets: [GammaMarket]
  public let unusable: [GammaMarket.Unusable]

  /// `nil` without a slug.
  public init?(_ json: JSON) {
    func text(_ key: String) -> String? { json[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    func time(_ key: String) -> MarketTime? {
      text(key).flatMap { CivilTime.nanoseconds(parsing: $0) }.map(MarketTime.init(nanoseconds:))
    }
    func reference(_ key: String) -> ReferenceValue? {
      json["eventMetadata"]?[key]?.decimalText.flatMap { ReferenceValue(parsing: $0) }
    }
    guard let slug = text("slug").flatMap({ MarketSlug($0) }) else { return nil }
    self.slug = slug
    id = json["id"]?.decimalText ?? ""
    title = text("title") ?? ""
    active = json["active"]?.bool ?? false
    closed = json["closed"]?.bool ?? false
    hasOrderBook = json["enableOrderBook"]?.bool ?? false
    negRisk = json["negRisk"]?.bool ?? json["enableNegRisk"]?.bool ?? false
    negRiskMarket = text("negRiskMarketID")
    isAugmented = json["negRiskAugmented"]?.bool ?? false
    series = text("seriesSlug") ?? json["series"]?.array?.first?["slug"]?.string
    start = time("startTime")
    end = time("endDate")
    priceToBeat = reference("priceToBeat")
    finalPrice = reference("finalPrice")
    (markets, unusable) = GammaMarket.readable(json["markets"]?.array ?? [])
  }

  /// The markets that together make a set in which exactly one pays: of a closed list of outcomes all of them, or none at all. Where a market
  /// cannot be read, is another set's, or the list may still grow, what is left proves nothing about the rest.
  public var exclusiveSet: [GammaMarket] {
    guard negRisk, !isAugmented, unusable.isEmpty, markets.count > 1,
      markets.allSatisfy({ $0.negRisk && !$0.isOther && $0.negRiskMarket == negRiskMarket })
    else { return [] }
    return markets
  }
}

/// Events that come again and again (protocol document, section 1.1): `btc-up-or-down-5m`.
public struct GammaSeries: Hashable, Sendable {
  public let id: String
  public let slug: String
  public let title: String
  /// `5m`, `15m`, `daily`, …
  public let recurrence: String
  public let active: Bool
  public let closed: Bool

  public init?(_ json: JSON) {
    guard let id = json["id"]?.decimalText, let slug = json["slug"]?.string, !slug.isEmpty else { return nil }
    self.id = id
    self.slug = slug
    title = json["title"]?.string ?? ""
    recurrence = json["recurrence"]?.string ?? ""
    active = json["active"]?.bool ?? false
    closed = json["closed"]?.bool ?? false
  }
}

extension GammaMarket {
  /// A listing that cannot be used, with the reason.
  public struct Unusable: Hashable, Sendable {
    /// Empty when even that is unreadable.
    public let slug: String
    public let reason: Refusal
  }

  /// The usable ones of a list, and why the others are none.
  public static func readable(_ items: [JSON]) -> (markets: [GammaMarket], unusable: [Unusable]) {
    var markets: [GammaMarket] = []
    var unusable: [Unusable] = []
    for item in items {
      do throws(Refusal) {
        markets.append(try GammaMarket(item))
      } catch {
        unusable.append(Unusable(slug: item["slug"]?.string ?? "", reason: error))
      }
    }
    return (markets, unusable)
  }
}
