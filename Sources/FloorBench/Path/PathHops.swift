import FloorIOData

/// Joins what the venue saw, what the record holds and what the processes noted into the time of each hop of each order. Pure.
struct PathHops {
  /// An order as the record holds it.
  struct Order: Hashable {
    /// The venue's stamp of the price it was decided on, nanoseconds.
    let stamp: Int64
    /// The number at the end of the intent's name.
    let intent: Int64
    /// What tells the order's bytes from any other's.
    let salt: String
  }

  /// The stations in their order. A hop is the way from the one before.
  static let stations: [String] =
    ["tick_sent"] + PathTrace.Hop.allCases.map(\.rawValue) + ["order_read"]

  /// Keyed by stamp as far as prices go, by intent from there on.
  private var byStamp: [String: [Int64: Int64]] = [:]
  private var byIntent: [String: [Int64: Int64]] = [:]
  private static let priceHops: Set<String> = Set(
    [PathTrace.Hop.feedReceived, .feedPublished, .agentReceived].map(\.rawValue))

  /// - Parameter traces: lines `<hop> <key> <monotonic ns>`; of several with one key the first counts, because a repeat is later.
  init(traces: String) {
    for line in traces.utf8.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " ")).map { Substring($0) }
      guard words.count == 3, let key = Int64(words[1]), let at = Int64(words[2]) else { continue }
      let hop = String(words[0])
      if PathHops.priceHops.contains(hop) {
        if byStamp[hop, default: [:]][key] == nil { byStamp[hop, default: [:]][key] = at }
      } else if byIntent[hop, default: [:]][key] == nil {
        byIntent[hop, default: [:]][key] = at
      }
    }
  }

  /// The moments of one order at all stations, or `nil` when one of them is not known.
  func moments(of order: Order, sent: Int64, read: Int64) -> [Int64]? {
    var moments = [sent]
    for hop in PathTrace.Hop.allCases.map(\.rawValue) {
      let known = PathHops.priceHops.contains(hop) ? byStamp[hop]?[order.stamp] : byIntent[hop]?[order.intent]
      guard let known else { return nil }
      moments.append(known)
    }
    return moments + [read]
  }

  /// The time of each hop, of all orders: `hops[i]` is the way to `stations[i + 1]`.
  static func hops(_ orders: [[Int64]]) -> [[Int64]] {
    (1..<stations.count).map { index in orders.map { $0[index] - $0[index - 1] } }
  }
}
