/// A tree as it was written in a file, each part with its line: what a YAML reader hands to the configuration.
public struct ConfigNode: Hashable, Sendable {
  public indirect enum Content: Hashable, Sendable {
    /// Nothing after the colon.
    case empty
    /// The text as written, without its quotes.
    case scalar(String)
    case sequence([ConfigNode])
    case mapping([Entry])
  }

  public struct Entry: Hashable, Sendable {
    public let key: String
    /// Line of the key, counted from 1.
    public let line: Int
    public let value: ConfigNode

    public init(_ key: String, line: Int, _ value: ConfigNode) {
      self.key = key
      self.line = line
      self.value = value
    }
  }

  public let content: Content
  /// Line where it begins, counted from 1.
  public let line: Int

  public init(_ content: Content, line: Int) {
    self.content = content
    self.line = line
  }
}
