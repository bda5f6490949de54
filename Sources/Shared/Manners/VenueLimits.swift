/// The venue's documented limits (protocol document, sections 1.7, 2.16 and 6.1): requests in any ten seconds, and in any ten minutes where
/// it says so.
enum VenueLimits {
  struct Limit: Hashable, Sendable {
    let tenSeconds: Int64
    var tenMinutes: Int64?
  }

  /// Limits that several endpoints share. What is urgent has a part of the service's limit for itself.
  enum Group: Hashable, Sendable, CaseIterable {
    case clob
    case clobUrgent
    case ledger
    case gamma
    case gammaListings
    case data

    var limit: Limit {
      switch self {
      // 9000 for all of it; a fifth is kept for what is urgent.
      case .clob: Limit(tenSeconds: 7200)
      case .clobUrgent: Limit(tenSeconds: 1800)
      case .ledger: Limit(tenSeconds: 900)
      case .gamma: Limit(tenSeconds: 4000)
      case .gammaListings: Limit(tenSeconds: 900)
      // The smaller one, of its second version.
      case .data: Limit(tenSeconds: 800)
      }
    }

    /// Two processes of the floor ask there, the feed and the gateway.
    var isShared: Bool {
      switch self {
      case .clob, .gamma, .gammaListings, .data: true
      case .clobUrgent, .ledger: false
      }
    }
  }

  static func groups(_ endpoint: VenueEndpoint) -> [Group] {
    switch endpoint {
    case .cancelOrder, .cancelOrders, .cancelAll, .cancelMarket, .heartbeat: [.clobUrgent]
    case .ownOrder, .ownOrders, .ownTrades, .notifications: [.clob, .ledger]
    case .postOrder, .postOrders, .balance, .apiKeys, .book, .price, .midpoint, .books, .prices, .midpoints,
      .priceHistory, .tickSize, .ok, .clob:
      [.clob]
    case .gammaMarkets, .gammaEvents: [.gamma, .gammaListings]
    case .gammaTags, .gammaSearch, .gamma: [.gamma]
    case .dataTrades, .dataPositions, .data: [.data]
    }
  }

  /// `nil`: only the limits of its groups.
  static func limit(_ endpoint: VenueEndpoint) -> Limit? {
    switch endpoint {
    case .postOrder, .cancelOrder: Limit(tenSeconds: 5000, tenMinutes: 120_000)
    case .postOrders: Limit(tenSeconds: 2000, tenMinutes: 21_000)
    case .cancelOrders: Limit(tenSeconds: 2000, tenMinutes: 15_000)
    case .cancelAll: Limit(tenSeconds: 250, tenMinutes: 6000)
    case .cancelMarket: Limit(tenSeconds: 1500, tenMinutes: 21_000)
    case .ownOrders, .ownTrades, .books, .prices, .midpoints: Limit(tenSeconds: 500)
    case .notifications: Limit(tenSeconds: 125)
    // Reading it; its update, which we do not ask for, has a quarter of that.
    case .balance: Limit(tenSeconds: 200)
    case .apiKeys, .ok: Limit(tenSeconds: 100)
    case .book, .price, .midpoint: Limit(tenSeconds: 1500)
    case .priceHistory: Limit(tenSeconds: 1000)
    case .tickSize, .gammaTags: Limit(tenSeconds: 200)
    case .gammaMarkets: Limit(tenSeconds: 300)
    case .gammaEvents: Limit(tenSeconds: 500)
    case .gammaSearch: Limit(tenSeconds: 350)
    // The smaller ones of the two versions.
    case .dataTrades: Limit(tenSeconds: 200)
    case .dataPositions: Limit(tenSeconds: 150)
    case .heartbeat, .ownOrder, .clob, .gamma, .data: nil
    }
  }

  /// Two processes of the floor ask it.
  static func isShared(_ endpoint: VenueEndpoint) -> Bool {
    switch endpoint {
    case .book, .price, .midpoint, .books, .prices, .midpoints, .priceHistory, .tickSize, .ok, .clob, .gammaMarkets,
      .gammaEvents, .gammaTags, .gammaSearch, .gamma, .dataTrades, .dataPositions, .data:
      true
    case .postOrder, .postOrders, .cancelOrder, .cancelOrders, .cancelAll, .cancelMarket, .heartbeat, .ownOrder,
      .ownOrders, .ownTrades, .notifications, .balance, .apiKeys:
      false
    }
  }
}
