/// The direction in which an exact quotient that does not fit the grid is moved. Always named at the call site.
public enum Rounding: Sendable, CaseIterable {
  /// Toward zero.
  case towardZero
  /// Away from zero.
  case awayFromZero
  /// Toward minus infinity.
  case down
  /// Toward plus infinity.
  case up
  /// To the nearest, ties away from zero.
  case nearest
  /// To the nearest, ties to the even neighbour (banker's).
  case nearestEven
}

/// An integer operation left the range of its type. Never wraps, never saturates.
public struct OverflowError: Error, Hashable, Sendable {
  public init() {}
}

/// `numerator / denominator` as an integer, moved in the named direction.
/// - Precondition: `denominator > 0`.
public func divide(_ numerator: Int128, by denominator: Int128, rounding: Rounding) -> Int128 {
  precondition(denominator > 0, "denominator must be positive")
  let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  if remainder == 0 { return quotient }
  let sign: Int128 = numerator < 0 ? -1 : 1
  switch rounding {
  case .towardZero: return quotient
  case .awayFromZero: return quotient + sign
  case .down: return sign < 0 ? quotient - 1 : quotient
  case .up: return sign > 0 ? quotient + 1 : quotient
  case .nearest, .nearestEven:
    let twice = remainder.magnitude * 2
    let size = denominator.magnitude
    if twice > size { return quotient + sign }
    if twice < size { return quotient }
    if rounding == .nearest { return quotient + sign }
    return quotient % 2 == 0 ? quotient : quotient + sign
  }
}

/// Narrows to 64 bits or throws.
func narrowed(_ value: Int128) throws(OverflowError) -> Int64 {
  guard let narrow = Int64(exactly: value) else { throw OverflowError() }
  return narrow
}
