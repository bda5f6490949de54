import Shared

/// Text that may stand in the page as it is. What is put into a literal of it is escaped, unless it is HTML itself: nothing from outside
/// can become a tag, an attribute or a script by being forgotten.
struct HTML: ExpressibleByStringInterpolation, Hashable, Sendable {
  struct StringInterpolation: StringInterpolationProtocol {
    var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }
    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ outside: String) { text += HTML.escaped(outside) }
    mutating func appendInterpolation(_ html: HTML) { text += html.text }
    mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
    mutating func appendInterpolation(_ whole: some BinaryInteger) { text += String(whole) }
  }

  let text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  static let empty: HTML = ""

  /// A place in a drawing, in tenths of its unit. What is no number has no place: callers draw only what has one (`Scale`).
  static func place(_ value: Double) -> HTML {
    let isPlace = value.isFinite && abs(value) < 1e7
    return "\(isPlace ? Figures.text(value, decimals: 1) : "0.0")"
  }

  /// As text between tags and inside quoted attributes: the five characters of HTML by name, control characters as the sign for what
  /// cannot be shown.
  static func escaped(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
