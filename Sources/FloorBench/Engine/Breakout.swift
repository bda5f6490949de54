/// The measurements' strategy, in doubles and in this order of operations, so that every engine finds the same trades: a moving mean and
/// deviation, a CUSUM either way, and a rate of change over three quotes. It is made to cost what such a strategy costs, not to earn.
struct Breakout: Hashable, Sendable {
  struct Settings: Hashable, Sendable {
    var period = 20
    var slack = 0.5
    var threshold = 8.0
    var hold = 200

    var weight: Double { 2.0 / Double(period + 1) }
  }

  enum Order { case none, buy, sell }

  private var mean = 0.0
  private var variance = 0.0
  private var m1 = 0.0
  private var m2 = 0.0
  private var m3 = 0.0
  private var up = 0.0
  private var down = 0.0
  private var count = 0
  private var held = 0
  private(set) var isLong = false

  mutating func take(bid: Double, ask: Double, _ settings: Settings, _ weight: Double) -> Order {
    let mid = (bid + ask) * 0.5
    if count == 0 {
      (mean, m1, m2, m3) = (mid, mid, mid, mid)
      count = 1
      return .none
    }
    let d = mid - mean
    var order = Order.none
    if count >= settings.period {
      let deviation = variance.squareRoot()
      let z = d / (deviation > 0.001 ? deviation : 0.001)
      let rise = up + z - settings.slack
      let fall = down - z - settings.slack
      up = rise > 0 ? rise : 0
      down = fall > 0 ? fall : 0
      if !isLong {
        if up > settings.threshold, mid / m3 - 1 > 0 {
          (isLong, held, up, down) = (true, 0, 0, 0)
          order = .buy
        }
      } else {
        held += 1
        if held >= settings.hold || down > settings.threshold {
          (isLong, up, down) = (false, 0, 0)
          order = .sell
        }
      }
    }
    mean += weight * d
    variance = (1 - weight) * (variance + weight * d * d)
    (m3, m2, m1) = (m2, m1, mid)
    count += 1
    return order
  }
}
