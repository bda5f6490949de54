import Shared

/// One marker line: `[SMOKE] WORD key=value key="two words"`. Always one line, whatever the values hold.
struct SmokeLine {
  private(set) var text: String

  init(_ word: String) { text = "[SMOKE] " + word }

  func with(_ key: String, _ value: some CustomStringConvertible) -> SmokeLine {
    let written = value.description
    let isPlain =
      !written.isEmpty
      && written.utf8.allSatisfy { $0 > 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 127 }
    var line = self
    line.text += " \(key)=" + (isPlain ? written : JSON.string(written).text)
    return line
  }

  /// `True` or `False`, as the founding text writes them (S3-58, S3-59); `None` for what was not decided.
  func with(flag key: String, _ value: Bool?) -> SmokeLine {
    with(key, value.map { $0 ? "True" : "False" } ?? "None")
  }

  /// `none` where there is nothing.
  func with(maybe key: String, _ value: (some CustomStringConvertible)?) -> SmokeLine {
    with(key, value?.description ?? "none")
  }
}
