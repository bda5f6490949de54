import FloorIOVenue
import Shared

/// What the venue tells of the account without being asked. There is no replay: after every opening the gateway reads orders and trades.
protocol AccountStream: AnyObject {
  var onOpen: (() -> Void)? { get set }
  var onEvent: ((UserStreamEvent) -> Void)? { get set }
  /// An event of a kind that this program does not know.
  var onStranger: ((_ kind: String) -> Void)? { get set }
  var onLost: ((_ why: String) -> Void)? { get set }
  func start()
}

extension UserStream: AccountStream {}
