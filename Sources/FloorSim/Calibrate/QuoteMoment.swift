import Shared

/// A market's middle that somebody noted at one moment before its close, with the result that came.
public struct QuoteMoment: Hashable, Sendable {
  public let closes: Int64
  /// When it was true, seconds since 1970.
  public let now: Int64
  /// Seconds before the close, of the group that it is counted in.
  public let group: Int64
  /// P(Up) as the book says.
  public let mid: Double?
  public let cameUp: Bool?
  /// What models say that need no stream: of an exchange's price in the same file.
  public let forecasts: [Forecaster: Double]
}

/// Files of such moments, a JSON object a line: `btc5m_ladder` has two shapes.
///
///     {"window_ts", "open_px", "samples": [{"offset", "t", "spot", "up": {"bid", "ask"}}, …], "winner"}
///     {"ts", "up_mid", "up_lag", "winner"}
public enum QuoteLines {
  /// Volatility of the exchange's price from the ladder's own samples: changes between neighbours, weighted by their time, forgotten with the
  /// half-life of the trading model.
  private struct SampledVolatility {
    static let halfLife = 300.0
    /// Longest time between two samples of one window, seconds.
    static let stepMax = 60.0
    private var last: (at: Double, log: Double)?
    private var squares = 0.0
    private var seconds = 0.0

    var sigma: Double? {
      seconds > 0 ? max((squares / seconds).squareRoot(), StepVolatility.Settings.standard.floor) : nil
    }

    mutating func put(_ value: Double, at time: Double) {
      let log = Elementary.log(value)
      defer { last = (time, log) }
      guard let last, time > last.at else { return }
      let step = time - last.at
      let kept = Elementary.exp(-Elementary.log(2) / SampledVolatility.halfLife * step)
      squares *= kept
      seconds *= kept
      guard step <= SampledVolatility.stepMax else { return }
      squares += (log - last.log) * (log - last.log)
      seconds += step
    }
  }

  /// - Parameters:
  ///   - length: of the windows, seconds.
  ///   - slow: by how many seconds the recorder's clock is behind: what it labels 30 s before the close happened 30 − slow before it.
  public static func read(_ lines: [[UInt8]], length: Int64, slow: Int64) throws(ImportError) -> [QuoteMoment] {
    var moments: [QuoteMoment] = []
    var notes: [(number: Int, json: JSON)] = []
    for (index, line) in lines.enumerated() { notes.append((index + 1, try JSON.imported(line, index + 1))) }
    guard let first = notes.first else { throw ImportError(line: 0, "no line in it") }
    if first.json["samples"] != nil {
      var volatility = SampledVolatility()
      for (number, json) in notes {
        moments += try ladder(json, number, length: length, slow: slow, &volatility)
      }
      return moments
    }
    var lags: [Int64] = []
    for (number, json) in notes {
      guard let lag = json["up_lag"]?.int else { throw ImportError(line: number, "up_lag, or samples, are wanted") }
      lags.append(lag)
    }
    // One group: a lag by itself has too few.
    let group = lags.sorted()[lags.count / 2] - slow
    for ((number, json), lag) in zip(notes, lags) {
      guard let opens = json["ts"]?.int, let mid = json["up_mid"]?.double, (0...1).contains(mid) else {
        throw ImportError(line: number, "ts and up_mid (0 to 1) are wanted")
      }
      let closes = opens + length
      moments.append(
        QuoteMoment(
          closes: closes, now: closes - lag + slow, group: group, mid: min(0.995, max(0.005, mid)),
          cameUp: try winner(json, number), forecasts: [:]))
    }
    return moments
  }

  private static func winner(_ json: JSON, _ number: Int) throws(ImportError) -> Bool? {
    switch json["winner"]?.string?.lowercased() {
    case "up": true
    case "down": false
    case nil: nil
    case let word?: throw ImportError(line: number, "winner '\(word)': UP or DOWN is wanted")
    }
  }

  private static func ladder(
    _ json: JSON, _ number: Int, length: Int64, slow: Int64, _ volatility: inout SampledVolatility
  ) throws(ImportError) -> [QuoteMoment] {
    guard let opens = json["window_ts"]?.int, let samples = json["samples"]?.array,
      let strike = json["open_px"]?.double, strike > 0
    else { throw ImportError(line: number, "window_ts, open_px and samples are wanted") }
    let closes = opens + length
    let cameUp = try winner(json, number)
    var moments: [QuoteMoment] = []
    for sample in samples {
      guard let offset = sample["offset"]?.int, let t = sample["t"]?.double, let spot = sample["spot"]?.double,
        spot > 0,
        let up = sample["up"]
      else { throw ImportError(line: number, "a sample without offset, t, spot or up") }
      volatility.put(spot, at: Double(closes) + t)
      let left = offset - slow
      // At the close and behind it there is nothing to forecast.
      guard left > 0 else { continue }
      var forecasts: [Forecaster: Double] = [:]
      if let sigma = volatility.sigma {
        forecasts[.normalSpot] = UpProbability.normalSpot(last: spot, strike: strike, sigma: sigma, seconds: left)
        let deviation = UpProbability.deviation(last: spot, sigma: sigma, variance: Double(max(1, left)), .spot)
        forecasts[.tailedSpot] = UpProbability.tailed(distance: spot - strike, deviation: deviation, .spot)
      }
      let bid = up["bid"]?.price
      let ask = up["ask"]?.price
      moments.append(
        QuoteMoment(
          closes: closes, now: closes - left, group: left,
          mid: bid == nil && ask == nil ? nil : Forecaster.mid(bid: bid, ask: ask), cameUp: cameUp, forecasts: forecasts
        ))
    }
    return moments
  }
}

extension ForecastSamples {
  /// Of quotes alone, without a stream.
  public init(_ quotes: [QuoteMoment]) {
    var samples: [ForecastSample] = []
    var unprovable = 0
    for quote in quotes {
      var forecasts = quote.forecasts
      if let mid = quote.mid { forecasts[.marketMid] = mid }
      guard !forecasts.isEmpty else { continue }
      guard let cameUp = quote.cameUp else {
        unprovable += 1
        continue
      }
      samples.append(
        ForecastSample(
          cluster: quote.closes, closes: quote.closes, left: quote.group, forecasts: forecasts, cameUp: cameUp))
    }
    self.init(
      samples: samples, asked: quotes.count, labels: samples.isEmpty ? [:] : [.told: samples.count], silences: [:],
      unprovable: unprovable, broken: 0)
  }
}
