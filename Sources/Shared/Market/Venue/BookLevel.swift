/// One price of one side of a book and everything that rests there.
public struct BookLevel: Hashable, Sendable {
  public let price: Price
  /// Total at that price. In a change event zero removes the level.
  public let size: Shares

  public init(price: Price, size: Shares) {
    self.price = price
    self.size = size
  }
}
