/// The parameters of a clone: its parent's, each movable one moved by up to a quarter inside the bounds that its strategy declares. The same
/// seed gives the same clone.
public enum Mutation {
  /// A parameter that clones may move.
  public struct Knob: Hashable, Sendable {
    public let name: String
    /// Written with decimals; the bounds are then millionths.
    public let isDecimal: Bool
    public let bounds: ClosedRange<Int64>

    public init(name: String, isDecimal: Bool, bounds: ClosedRange<Int64>) {
      self.name = name
      self.isDecimal = isDecimal
      self.bounds = bounds
    }
  }

  /// Every knob is moved with even chance, at least one in any case (when one can move at all). Parameters without a knob are inherited.
  public static func mutate(_ parent: JSON, knobs: [Knob], chance: inout SeededGenerator) -> JSON {
    let present = knobs.filter { value(parent, $0) != nil }.sorted { $0.name < $1.name }
    guard let certain = present.indices.randomElement(using: &chance) else { return parent }
    var child = parent
    for (index, knob) in present.enumerated() {
      let chosen = Bool.random(using: &chance) || index == certain
      let permille = Int64.random(in: 750...1250, using: &chance)
      guard chosen, let old = value(parent, knob) else { continue }
      var new = Int64(clamping: divide(Int128(old) * Int128(permille), by: 1000, rounding: .down))
      // A small whole number would round back to itself.
      if new == old { new = permille >= 1000 ? old + 1 : old - 1 }
      new = min(max(new, knob.bounds.lowerBound), knob.bounds.upperBound)
      // At the edge the way back is the only way.
      if new == old, knob.bounds.lowerBound < knob.bounds.upperBound {
        new = old == knob.bounds.lowerBound ? old + 1 : old - 1
      }
      child = child.with(knob.name, knob.isDecimal ? .string(Decimal6.text(new)) : .int(new))
    }
    return child
  }

  private static func value(_ parameters: JSON, _ knob: Knob) -> Int64? {
    guard let written = parameters[knob.name] else { return nil }
    if knob.isDecimal { return written.decimalText.flatMap { try? Decimal6.parse($0) } }
    return written.int
  }
}
