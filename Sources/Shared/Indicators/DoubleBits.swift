/// Statistics in a checkpoint: all bits of the number, so that what goes on after a restart is what would have gone on without it.
extension JSON {
  static func bits(_ value: Double) -> JSON { .int(Int64(bitPattern: value.bitPattern)) }

  /// `nil` for what is no finite number.
  var doubleBits: Double? {
    guard let bits = int else { return nil }
    let value = Double(bitPattern: UInt64(bitPattern: bits))
    return value.isFinite ? value : nil
  }
}
