import Shared

/// One SVG of the page: it takes the width it is given (`viewBox`), says what it shows to whoever cannot see it, and has frame, ticks and
/// labels in one manner.
struct Drawing: Sendable {
  /// In units of the drawing, which are pixels at its natural size.
  let width: Double
  let height: Double
  private let name: String
  private let description: String
  private var parts: [HTML] = []

  /// - Parameters:
  ///   - id: of the page's elements, unique.
  ///   - name: what it is.
  ///   - description: what can be seen in it, in a sentence.
  init(_ width: Double, _ height: Double, name: String, description: String) {
    self.width = width
    self.height = height
    self.name = name
    self.description = description
  }

  func svg(id: String) -> HTML {
    """
    <svg viewBox="0 0 \(.place(width)) \(.place(height))" role="img" aria-labelledby="\(id)-t \(id)-d">
    <title id="\(id)-t">\(name)</title><desc id="\(id)-d">\(description)</desc>
    \(parts)</svg>

    """
  }

  mutating func add(_ part: HTML) { parts.append(part) }

  // MARK: Marks

  /// A line through these places.
  mutating func line(_ points: [(x: Double, y: Double)], class name: String) {
    guard let path = Drawing.path(points) else { return }
    add("<path class=\"\(name)\" d=\"\(path)\"/>\n")
  }

  /// An area with these corners.
  mutating func area(_ points: [(x: Double, y: Double)], class name: String) {
    guard let path = Drawing.path(points) else { return }
    add("<path class=\"\(name)\" d=\"\(path)Z\"/>\n")
  }

  /// - Parameter hint: shown by the browser over the mark.
  mutating func bar(x: Double, y: Double, width: Double, height: Double, class name: String, hint: String) {
    add(
      """
      <rect class="\(name)" x="\(.place(x))" y="\(.place(y))" width="\(.place(max(0, width)))" height="\(.place(max(0, height)))"><title>\(hint)</title></rect>

      """)
  }

  enum Mark: Hashable, Sendable { case up, down, cross, disc, ring }

  mutating func mark(_ mark: Mark, x: Double, y: Double, size: Double = 5, class name: String, hint: String) {
    let (left, right, top, bottom) = (x - size, x + size, y - size, y + size)
    let shape: HTML =
      switch mark {
      case .up:
        "<path d=\"M\(.place(left)) \(.place(bottom))L\(.place(right)) \(.place(bottom))L\(.place(x)) \(.place(top))Z\""
      case .down:
        "<path d=\"M\(.place(left)) \(.place(top))L\(.place(right)) \(.place(top))L\(.place(x)) \(.place(bottom))Z\""
      case .cross:
        "<path d=\"M\(.place(left)) \(.place(top))L\(.place(right)) \(.place(bottom))M\(.place(left)) \(.place(bottom))L\(.place(right)) \(.place(top))\""
      case .disc, .ring: "<circle cx=\"\(.place(x))\" cy=\"\(.place(y))\" r=\"\(.place(size))\""
      }
    let tag: HTML = mark == .disc || mark == .ring ? "circle" : "path"
    add("\(shape) class=\"\(name)\"><title>\(hint)</title></\(tag)>\n")
  }

  enum Anchor: String, Hashable, Sendable { case start, middle, end }

  mutating func label(_ text: String, x: Double, y: Double, _ anchor: Anchor = .start, class name: String = "") {
    add(
      "<text x=\"\(.place(x))\" y=\"\(.place(y))\" text-anchor=\"\(anchor.rawValue)\" class=\"\(name)\">\(text)</text>\n"
    )
  }

  // MARK: Frame

  /// Lines across at the scale's ticks, with their values on the left.
  mutating func rows(_ scale: Scale, _ count: Int, left: Double, right: Double, write: (Double, Int) -> String) {
    let (values, decimals) = scale.ticks(count)
    for value in values {
      guard let y = scale.place(value) else { continue }
      line([(left, y), (right, y)], class: "grid")
      label(write(value, decimals), x: left - 6, y: y + 4, .end)
    }
  }

  /// Ticks of time below; every second one is left out where the drawing is small.
  mutating func times(_ scale: TimeScale, _ count: Int, top: Double, bottom: Double) {
    for (index, tick) in scale.ticks(count).enumerated() {
      let x = scale.place(tick.at)
      line([(x, top), (x, bottom)], class: "grid")
      label(tick.text, x: x, y: bottom + 16, .middle, class: index % 2 == 1 ? "minor" : "")
    }
  }

  /// `M x y L x y …`; `nil` below two places, or where one is no number.
  private static func path(_ points: [(x: Double, y: Double)]) -> HTML? {
    guard points.count > 1, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
    return
      "\(points.enumerated().map { "\($0.offset == 0 ? "M" : "L")\(HTML.place($0.element.x)) \(HTML.place($0.element.y))" as HTML })"
  }
}
