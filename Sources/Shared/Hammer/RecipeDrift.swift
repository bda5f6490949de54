/// Does the source still average as the model thinks? Each tick of its mean is compared with our own mean of its single observations, by
/// the end lag that fits best; the median of the newest comparisons has to be next to nothing (hammer-model 8, N-20).
public struct RecipeDrift: Hashable, Sendable {
  /// Comparisons kept, and needed before anything is said.
  public static let kept = 120
  public static let needed = 30
  /// Largest median, relative: 2 cents at 70 000 dollars.
  public static let limit = 0.02 / 70_000

  /// Relative, oldest first.
  private var errors: [Double] = []

  public init() {}

  /// A tick of the mean, in dollars. Says nothing of seconds whose single observations are not all told.
  public mutating func put(mean: Double, at second: Int64, window: Int64, endLag: Int64, _ canonical: SecondGrid) {
    var best: Double?
    for lag in max(0, endLag - 1)...(endLag + 1) {
      guard let ours = WindowAverage.reconstructed(canonical, at: second, window: window, endLag: lag) else { continue }
      best = min(best ?? .infinity, abs(mean - ours) / mean)
    }
    guard let best, best.isFinite else { return }
    if errors.count == RecipeDrift.kept { errors.removeFirst() }
    errors.append(best)
  }

  /// Relative; `nil` while there are too few comparisons.
  public var median: Double? {
    guard errors.count >= RecipeDrift.needed else { return nil }
    let sorted = errors.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The recipe is another: nothing the model says of a mean holds.
  public var hasDrifted: Bool { median.map { $0 > RecipeDrift.limit } ?? false }

  var checkpoint: JSON { .array(errors.map { .bits($0) }) }

  /// `nil` for what is none.
  init?(checkpoint: JSON) {
    guard let items = checkpoint.array, items.count <= RecipeDrift.kept else { return nil }
    for item in items {
      guard let error = item.doubleBits, error >= 0 else { return nil }
      errors.append(error)
    }
  }
}
