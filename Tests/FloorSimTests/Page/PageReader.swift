/// The page read strictly, as XML with HTML's doctype: elements that nest and close, quoted attributes, only known entities, no bare `<` or
/// `&`. What is not so is a problem.
struct PageReader {
  struct Element {
    let name: String
    var attributes: [String: String] = [:]
    /// Of the element itself, as shown.
    var text = ""
  }

  private(set) var elements: [Element] = []
  private(set) var problems: [String] = []
  private var open: [Int] = []
  private var rest: Substring

  init(_ page: String) {
    rest = page[...]
    let doctype = "<!DOCTYPE html>"
    if rest.hasPrefix(doctype) { rest = rest.dropFirst(doctype.count) } else { problems.append("no doctype") }
    while !rest.isEmpty, problems.isEmpty { step() }
    if !open.isEmpty { problems.append("\(open.count) elements are not closed") }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// Everything that a reader sees, tables and labels included.
  var text: String { elements.filter { $0.name != "style" }.map(\.text).joined(separator: "\n") }

  private mutating func step() {
    guard rest.first == "<" else { return takeText() }
    rest = rest.dropFirst()
    guard let end = rest.firstIndex(of: ">") else { return problems.append("a tag without its end") }
    var tag = rest[..<end]
    rest = rest[rest.index(after: end)...]
    if tag.first == "/" {
      guard let index = open.popLast(), elements[index].name == tag.dropFirst() else {
        return problems.append("</\(tag.dropFirst())> closes nothing")
      }
      return
    }
    let isAlone = tag.last == "/"
    if isAlone { tag = tag.dropLast() }
    let name = tag.prefix { $0.isLetter || $0.isNumber }
    guard !name.isEmpty else { return problems.append("<\(tag)> has no name") }
    var element = Element(name: String(name))
    readAttributes(tag.dropFirst(name.count), &element)
    elements.append(element)
    if !isAlone { open.append(elements.count - 1) }
  }

  private mutating func readAttributes(_ text: Substring, _ element: inout Element) {
    var text = text
    while true {
      text = text.drop { $0 == " " || $0 == "\n" }
      guard !text.isEmpty else { return }
      let name = text.prefix { $0.isLetter || $0 == "-" }
      text = text.dropFirst(name.count)
      guard !name.isEmpty, text.hasPrefix("=\""), let end = text.dropFirst(2).firstIndex(of: "\"") else {
        return problems.append("<\(element.name)> has the attribute \(name)\(text.prefix(20))")
      }
      if element.attributes[String(name)] != nil { problems.append("<\(element.name)> has \(name) twice") }
      element.attributes[String(name)] = plain(text.dropFirst(2)[..<end])
      text = text[text.index(after: end)...]
    }
  }

  private mutating func takeText() {
    let text = rest.prefix { $0 != "<" }
    rest = rest.dropFirst(text.count)
    let shown = plain(text)
    if let index = open.last {
      elements[index].text += shown
    } else if shown.contains(where: { !$0.isWhitespace }) {
      problems.append("text outside: \(shown.prefix(40))")
    }
  }

  private mutating func plain(_ text: Substring) -> String {
    var out = ""
    var text = text
    while let sign = text.firstIndex(of: "&") {
      out += text[..<sign]
      let entities = ["&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'"]
      guard let (entity, character) = entities.first(where: { text[sign...].hasPrefix($0.key) }) else {
        problems.append("\(text[sign...].prefix(12)) is no entity")
        return out
      }
      out += character
      text = text[sign...].dropFirst(entity.count)
    }
    return out + text
  }

  // MARK: Drawings

  /// Attributes of drawings and bars that are no numbers where they have to be.
  var wrongPlaces: [String] {
    var wrong: [String] = []
    func check(_ element: Element, _ text: some StringProtocol) {
      guard let value = Double(text), value.isFinite, abs(value) < 1e5, !text.contains("e") else {
        wrong.append("<\(element.name)> has a place '\(text)'")
        return
      }
    }
    for element in elements {
      for name in ["x", "y", "width", "height", "cx", "cy", "r"] {
        if let text = element.attributes[name] { check(element, text) }
      }
      if let box = element.attributes["viewBox"] {
        let sides = box.split(separator: " ")
        if sides.count != 4 { wrong.append("viewBox \(box)") }
        for side in sides { check(element, side) }
      }
      if let path = element.attributes["d"] {
        let numbers = path.split { "MLZ ".contains($0) }
        if numbers.count < 4 || numbers.count % 2 != 0 { wrong.append("a path of \(numbers.count) numbers") }
        for number in numbers { check(element, number) }
      }
      for part in (element.attributes["style"] ?? "").split(separator: ";") {
        let sides = part.split(separator: ":")
        guard sides.count == 2, sides[1].hasSuffix("%"), let share = Double(sides[1].dropLast()),
          (-0.01...100.01).contains(share)
        else {
          wrong.append("style \(part)")
          continue
        }
      }
    }
    return wrong
  }
}
