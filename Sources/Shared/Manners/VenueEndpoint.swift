/// What a request is counted as (protocol document, sections 1.7, 2.16 and 6.1).
public enum VenueEndpoint: String, Hashable, Sendable, CaseIterable {
  case postOrder, postOrders
  case cancelOrder, cancelOrders, cancelAll, cancelMarket
  case heartbeat, ownOrder, ownOrders, ownTrades, notifications, balance, apiKeys
  case book, price, midpoint, books, prices, midpoints, priceHistory, tickSize, ok
  /// Everything else of the order book service.
  case clob
  case gammaMarkets, gammaEvents, gammaTags, gammaSearch
  /// Everything else of market discovery.
  case gamma
  case dataTrades, dataPositions
  /// Everything else of the Data API.
  case data

  /// Which of the venue's services is asked.
  public enum Service: Hashable, Sendable {
    case clob
    case gamma
    case data
  }

  /// - Parameter path: without host and query.
  public init(_ service: Service, _ method: String, _ path: String) {
    func begins(_ prefix: String) -> Bool { path == prefix || path.hasPrefix(prefix + "/") }
    switch service {
    case .clob: self = Self.clob(method, path, begins)
    case .gamma:
      self =
        begins("/markets")
        ? .gammaMarkets
        : begins("/events")
          ? .gammaEvents : begins("/tags") ? .gammaTags : begins("/public-search") ? .gammaSearch : .gamma
    case .data:
      let rest = path.hasPrefix("/v2") ? String(path.dropFirst(3)) : path
      self =
        rest == "/trades" ? .dataTrades : rest == "/positions" || rest == "/closed-positions" ? .dataPositions : .data
    }
  }

  private static func clob(_ method: String, _ path: String, _ begins: (String) -> Bool) -> VenueEndpoint {
    switch (method, path) {
    case ("POST", "/order"): .postOrder
    case ("POST", "/orders"): .postOrders
    case ("DELETE", "/order"): .cancelOrder
    case ("DELETE", "/orders"): .cancelOrders
    case ("DELETE", "/cancel-all"): .cancelAll
    case ("DELETE", "/cancel-market-orders"): .cancelMarket
    case ("POST", "/v1/heartbeats"): .heartbeat
    case (_, "/data/orders"): .ownOrders
    case (_, "/data/trades"): .ownTrades
    case (_, "/notifications"): .notifications
    case (_, "/book"): .book
    case (_, "/price"): .price
    case (_, "/midpoint"): .midpoint
    case (_, "/books"): .books
    case (_, "/prices"): .prices
    case (_, "/midpoints"): .midpoints
    case (_, "/prices-history"): .priceHistory
    case (_, "/ok"): .ok
    default:
      begins("/data/order")
        ? .ownOrder
        : begins("/balance-allowance")
          ? .balance : begins("/tick-size") ? .tickSize : begins("/auth") ? .apiKeys : .clob
    }
  }

  /// Takes risk out, or keeps the venue from doing it: never waits behind what adds some.
  public var isUrgent: Bool {
    switch self {
    case .cancelOrder, .cancelOrders, .cancelAll, .cancelMarket, .heartbeat: true
    default: false
    }
  }

  /// Places orders: of no use later.
  public var places: Bool { self == .postOrder || self == .postOrders }
}
