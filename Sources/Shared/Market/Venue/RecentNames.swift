/// Token and condition ids as they were last read: a feed hears the same few all day, and each costs two allocations to make anew.
struct RecentNames: Sendable {
  private struct Ring<Name: Identifier>: Sendable {
    private var names: [Name] = []
    private var counts: [Int] = []
    /// Their bytes, each name's at a multiple of `RecentNames.longest`.
    private var bytes = [UInt8](repeating: 0, count: RecentNames.kept * RecentNames.longest)
    private var next = 0
    /// Found last: most often it is the one that comes again.
    private var last = 0

    mutating func name(_ text: JSONScanner.Text, _ scanner: JSONScanner) -> Name? {
      if isName(last, text, scanner) { return names[last] }
      for place in names.indices where isName(place, text, scanner) {
        last = place
        return names[place]
      }
      let own = scanner.bytes(of: text)
      guard let name = Name(String(decoding: own, as: UTF8.self)) else { return nil }
      if text.count <= RecentNames.longest { keep(name, own) }
      return name
    }

    private func isName(_ place: Int, _ text: JSONScanner.Text, _ scanner: JSONScanner) -> Bool {
      place < counts.count && counts[place] == text.count
        && scanner.says(text, bytes, from: place * RecentNames.longest)
    }

    private mutating func keep(_ name: Name, _ own: ArraySlice<UInt8>) {
      if names.count < RecentNames.kept {
        names.append(name)
        counts.append(own.count)
      } else {
        names[next] = name
        counts[next] = own.count
      }
      let start = next * RecentNames.longest
      bytes.replaceSubrange(start..<(start + own.count), with: own)
      next = (next + 1) % RecentNames.kept
    }
  }

  private static let kept = 16
  /// A token has 78 digits at most.
  private static let longest = 80
  private var tokens = Ring<TokenID>()
  private var conditions = Ring<ConditionID>()

  mutating func token(_ text: JSONScanner.Text, _ scanner: JSONScanner) -> TokenID? { tokens.name(text, scanner) }
  mutating func condition(_ text: JSONScanner.Text, _ scanner: JSONScanner) -> ConditionID? {
    conditions.name(text, scanner)
  }
}
