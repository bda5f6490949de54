/// The word under `circuit:polymarket-data:state`: `open` without a market stream, `half-open` from its opening to its first data, `closed`
/// when data flows.
struct DataCircuit: Hashable, Sendable {
  private(set) var word = "open"

  mutating func opened() { word = "half-open" }
  mutating func closed() { word = "open" }

  /// Answers whether this is news.
  mutating func dataCame() -> Bool {
    guard word == "half-open" else { return false }
    word = "closed"
    return true
  }
}
