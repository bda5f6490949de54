/// Probabilities as the logarithm of their odds, in which evidence adds up.
public enum Odds {
  /// ln(p / (1 − p)). Infinite for 0 and 1.
  public static func logit(_ probability: Double) -> Double { Elementary.log(probability / (1 - probability)) }

  /// The probability of these log odds.
  public static func probability(_ logit: Double) -> Double { 1 / (1 + Elementary.exp(-logit)) }
}
