import Glibc

/// Draws the cumulative distributions, recorded beside synthetic, as one SVG: a panel for each feature and one for the reaction.
enum LikenessFigure {
  private static let width = 300.0
  private static let height = 170.0
  private static let columns = 3
  /// Distinguishable without colour, too: the synthetic line is dashed.
  private static let recorded = "stroke=\"#1b4f8a\""
  private static let synthetic = "stroke=\"#c2571a\" stroke-dasharray=\"5 3\""

  static func svg(_ likeness: Likeness) -> String {
    var panels = likeness.lines.map(panel)
    panels.append(reaction(likeness))
    let rows = (panels.count + columns - 1) / columns
    let total = (Double(columns) * (width + 40) + 40, Double(rows) * (height + 70) + 50)
    var out = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(total.0)) \(Int(total.1))" font-family="sans-serif" font-size="11">
      <rect width="100%" height="100%" fill="#ffffff"/>
      <text x="40" y="24" font-size="14">Share of samples at most x: recorded (solid) and synthetic (dashed)</text>

      """
    for (index, body) in panels.enumerated() {
      let x = 40 + Double(index % columns) * (width + 40)
      let y = 60 + Double(index / columns) * (height + 70)
      out += "<g transform=\"translate(\(Int(x)) \(Int(y)))\">\n\(body)</g>\n"
    }
    return out + "</svg>\n"
  }

  private static func frame(_ title: String, _ marks: [(x: Double, text: String)]) -> String {
    var out = "<text x=\"0\" y=\"-8\" font-weight=\"bold\">\(title)</text>\n"
    out += "<rect width=\"\(width)\" height=\"\(height)\" fill=\"none\" stroke=\"#999999\"/>\n"
    for mark in marks {
      out +=
        "<line x1=\"\(one(mark.x))\" x2=\"\(one(mark.x))\" y1=\"\(height)\" y2=\"\(height + 4)\" stroke=\"#999999\"/>"
      out += "<text x=\"\(one(mark.x))\" y=\"\(height + 16)\" text-anchor=\"middle\">\(mark.text)</text>\n"
    }
    return out
  }

  /// Sizes go over decades: their axis is logarithmic.
  private static func panel(_ line: Likeness.Line) -> String {
    let isLogarithmic = line.feature.unit == "shares"
    let low = isLogarithmic ? 1.0 : 0
    let high = max(
      line.recorded.quantile(0.99), line.synthetic.quantile(0.99), low + (isLogarithmic ? 9 : 1))
    func place(_ x: Double) -> Double {
      let share = isLogarithmic ? log(max(x, low) / low) / log(high / low) : (x - low) / (high - low)
      return width * min(max(share, 0), 1)
    }
    var marks: [(x: Double, text: String)] = []
    if isLogarithmic {
      var value = 1.0
      while value <= high {
        marks.append((place(value), Likeness.short(value)))
        value *= 10
      }
    } else {
      for part in 0...4 {
        let value = low + (high - low) * Double(part) / 4
        marks.append((place(value), Likeness.short(value)))
      }
    }
    var out = frame("\(line.feature.rawValue), \(line.feature.unit): KS \(Likeness.short(line.distance))", marks)
    for (values, style) in [(line.recorded, recorded), (line.synthetic, synthetic)] where values.count > 0 {
      var points = "0,\(height)"
      for step in 0...200 {
        let x = isLogarithmic ? low * pow(high / low, Double(step) / 200) : low + (high - low) * Double(step) / 200
        points += " \(one(place(x))),\(one(height * (1 - values.cumulative(x))))"
      }
      out += "<polyline points=\"\(points)\" fill=\"none\" stroke-width=\"1.6\" \(style)/>\n"
    }
    return out
  }

  private static func reaction(_ likeness: Likeness) -> String {
    let lags = likeness.recordedReaction.map(\.lag)
    func place(_ index: Int) -> Double { width * (Double(index) + 0.5) / Double(max(lags.count, 1)) }
    func level(_ correlation: Double) -> Double { height * (1 - (min(max(correlation, -0.2), 0.8) + 0.2)) }
    var out = frame(
      "correlation with the reference, by lag in seconds", lags.enumerated().map { (place($0.offset), "\($0.element)") }
    )
    out += "<line x1=\"0\" x2=\"\(width)\" y1=\"\(one(level(0)))\" y2=\"\(one(level(0)))\" stroke=\"#cccccc\"/>\n"
    for (values, style) in [(likeness.recordedReaction, recorded), (likeness.syntheticReaction, synthetic)] {
      let points = values.enumerated().map { "\(one(place($0.offset))),\(one(level($0.element.correlation)))" }
      out += "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke-width=\"1.6\" \(style)/>\n"
    }
    return out
  }

  private static func one(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
