import Shared

/// The order path's words as a person says them. Pure.
enum OrderWords {
  static func state(_ state: String) -> String {
    switch state {
    case "SENDING": "recorded, its bytes leave or have left"
    case "LIVE": "the venue works it"
    case "DELAYED": "the venue holds it back"
    case "CANCEL_SENT": "a cancel left; it may still trade"
    case "UNKNOWN": "no answer proves anything: it may have arrived, and keeps its reservation"
    case "FILLED": "filled, and all of it is booked"
    case "CANCELLED": "ended; what was still reserved is free"
    case "EXPIRED": "ended by the venue's clock; what was still reserved is free"
    case "REJECTED": "the venue refused it; what was reserved is free"
    case "EXPIRED_UNSENT": "given up before a byte left; what was reserved is free"
    case "VOID": "proven not to have arrived; what was reserved is free"
    default: state
    }
  }

  /// Who makes an order enter this state.
  static func source(of state: String) -> String {
    ["LIVE", "DELAYED", "FILLED", "EXPIRED", "REJECTED"].contains(state) ? "venue" : "gateway"
  }

  static func type(_ type: String) -> String {
    switch type {
    case "FAK": "FAK: what is there at once, the rest is dropped"
    case "FOK": "FOK: all of it at once or nothing"
    case "GTC": "GTC: rests until it is cancelled"
    case "GTD": "GTD: rests until its time"
    default: type
    }
  }

  /// `+1.20`, `-0.30`, `0.00`.
  static func signed(_ amount: String) -> String {
    amount.hasPrefix("-") || !amount.contains { "123456789".contains($0) } ? amount : "+" + amount
  }

  /// A JSON object as `name=value` pairs; other text as it is.
  static func figures(_ text: String) -> String {
    guard let members = (try? JSON.parse(text))?.members else { return text }
    return members.map { "\($0.key)=\($0.value.string ?? $0.value.text)" }.joined(separator: " ")
  }
}
