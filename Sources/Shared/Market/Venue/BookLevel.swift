/// One price of one side of a book and everything that rests there.
public struct BookLevel: Hashable, Sendable {
  public let price: Price
  /// Total at that price. In a change event zero removes the level.
  public let size: Shares

  public init(price: Price, size: Shares) {
    self.price = price
    self.size = size
  }

  /// As the venue tells it: nobody can offer at 0 or at 1, and nothing rests that is less than nothing. `nil` for those.
  init?(venue price: Price?, _ size: Shares?) {
    guard let price, price != .zero, price != .one, let size, size >= .zero else { return nil }
    self.init(price: price, size: size)
  }
}
