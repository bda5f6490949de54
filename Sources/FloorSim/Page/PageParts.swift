import Shared

/// What several sections of the page are made of.
enum PageParts {
  /// A whole file: it loads nothing and runs nothing.
  static func document(_ title: String, _ sections: HTML) -> String {
    let html: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
      <title>\(title)</title>
      <style>
      \(PageStyle.css)
      </style>
      </head>
      <body>
      <main>
      <h1>\(title)</h1>
      \(sections)
      </main>
      </body>
      </html>

      """
    return html.text
  }

  /// The square in which what was stated stands against what came, with the diagonal, in a drawing of 420 by 400.
  static func probabilities(of outcome: String, _ drawing: inout Drawing) -> (x: Scale, y: Scale) {
    let (left, right, top, bottom) = (44.0, 410.0, 10.0, 350.0)
    let x = Scale([0, 1], from: left, to: right)
    let y = Scale([0, 1], from: bottom, to: top)
    drawing.rows(y, 5, left: left, right: right) { Figures.text($0, decimals: $1) }
    for value in x.ticks(5).values {
      guard let place = x.place(value) else { continue }
      drawing.line([(place, top), (place, bottom)], class: "grid")
      drawing.label(Figures.text(value, decimals: 1), x: place, y: bottom + 16, .middle)
    }
    drawing.line([(left, bottom), (right, top)], class: "base")
    drawing.label("stated probability of \(outcome)", x: (left + right) / 2, y: bottom + 36, .middle)
    return (x, y)
  }

  /// To the cent, for people; exact in report.json.
  static func dollars(_ amount: USD) -> String { Figures.text(units(amount)) }

  /// With its sign, as a result.
  static func signed(_ amount: USD) -> String { (amount.micros >= 5000 ? "+" : "") + dollars(amount) }

  /// For drawing, not for money.
  static func units(_ amount: USD) -> Double { Double(amount.micros) / 1e6 }
  static func units(_ price: Price) -> Double { Double(price.micros) / 1e6 }

  /// `1 trip`, `2 trips`.
  static func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }

  /// `2026-04-14 08:00:10`, UTC.
  static func time(_ time: MarketTime) -> String {
    let text = "\(MarketTime(seconds: time.seconds))"
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  static func sign(_ amount: USD) -> String { amount > .zero ? "gain" : amount < .zero ? "loss" : "" }

  /// A table with a head; cells are made by the caller.
  static func table(_ head: [(name: String, isNumber: Bool)], _ rows: [HTML], class name: String = "") -> HTML {
    let cells = head.map { "<th scope=\"col\" class=\"\($0.isNumber ? "n" : "")\">\($0.name)</th>" as HTML }
    return """
      <div class="wide"><table class="\(name)"><thead><tr>\(cells)</tr></thead><tbody>
      \(rows)</tbody></table></div>

      """
  }

  /// One line of a table of bars.
  struct Bar {
    let cells: [String]
    let value: Double
    let shown: String
    /// `gain`, `loss` or nothing.
    let sign: String
  }

  /// A table whose last column is a bar, from a common zero; values below it go to the left.
  static func bars(_ names: [String], value: String, _ bars: [Bar]) -> HTML {
    let values = bars.map { $0.value.isFinite ? $0.value : 0 }
    let low = min(0, values.min() ?? 0)
    let width = max(0, values.max() ?? 0) - low
    func percent(_ part: Double) -> String { Figures.text(width > 0 ? part / width * 100 : 0, decimals: 2) }
    let rows = zip(bars, values).map { bar, value -> HTML in
      let cells = bar.cells.map { "<td>\($0)</td>" as HTML }
      let left = percent(min(0, value) - low)
      return """
        <tr>\(cells)<td class="n \(bar.sign)">\(bar.shown)</td><td class="b"><span class="bar" aria-hidden="true"><u style="left:\(percent(-low))%"></u><i class="\(bar.sign)" style="left:\(left)%;width:\(percent(abs(value)))%"></i></span></td></tr>

        """
    }
    return table(names.map { ($0, false) } + [(value, true), ("", false)], rows, class: "bars")
  }

  static func figure(_ drawing: HTML, _ caption: HTML, class name: String = "") -> HTML {
    "<figure class=\"\(name)\">\(drawing)<figcaption>\(caption)</figcaption></figure>\n"
  }
}
