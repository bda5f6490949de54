/// What a strategy lives from, as far as the zones of price ask.
public enum StrategyClass: String, Hashable, Sendable {
  /// It bets that a price will move, or move back.
  case directional
  /// It bets on what is all but decided, in a market's last moments.
  case nearResolution = "near_resolution"
}
