import FloorIOVenue
import Shared

/// Which request gets which answer. Pure: the picture and the time come in.
struct WebRouter: Sendable {
  let build: String

  func answer(_ request: WebRequest, _ snapshot: FloorSnapshot?, isConnected: Bool, now: WallTime) -> WebResponse {
    // A page elsewhere must not read this one through a name that it points here (DNS rebinding), nor from its own origin.
    guard let host = request.header("host"), WebRouter.isLoopback(host) else {
      return secured(.text("this is a loopback service\n", status: 421))
    }
    if let origin = request.header("origin"), origin != "http://\(host)" {
      return secured(.text("foreign origin\n", status: 403))
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      var refusal = WebResponse.text("read only\n", status: 405)
      refusal.headers.append(WebField("Allow", "GET, HEAD"))
      return secured(refusal)
    }
    switch request.path {
    case "/": return secured(WebResponse(contentType: "text/html; charset=utf-8", body: Array(WebAssets.page.utf8)))
    case "/floor.js":
      return secured(WebResponse(contentType: "text/javascript; charset=utf-8", body: Array(WebAssets.script.utf8)))
    case "/floor.css":
      return secured(WebResponse(contentType: "text/css; charset=utf-8", body: Array(WebAssets.style.utf8)))
    case "/health":
      let health = FloorHealth(snapshot, isConnected: isConnected, now: now)
      return secured(.json(health.json.bytes + [0x0A], status: health.status == .down ? 503 : 200))
    case "/metrics":
      let text = MetricsText(snapshot, isConnected: isConnected, build: build, now: now)
      return secured(WebResponse(contentType: "text/plain; version=0.0.4; charset=utf-8", body: text.bytes))
    case "/api/status":
      return secured(.json(WebRouter.status(snapshot, isConnected: isConnected, now: now).bytes))
    default: return secured(.text("not here\n", status: 404))
    }
  }

  private func secured(_ response: WebResponse) -> WebResponse {
    var response = response
    response.headers += [
      WebField(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
          + "form-action 'none'; frame-ancestors 'none'"),
      WebField("X-Content-Type-Options", "nosniff"), WebField("Referrer-Policy", "no-referrer"),
      WebField("Cross-Origin-Resource-Policy", "same-origin"), WebField("Cache-Control", "no-store"),
    ]
    return response
  }

  /// `127.0.0.1`, `localhost`, `[::1]`, each with or without a port.
  static func isLoopback(_ host: String) -> Bool {
    for name in ["127.0.0.1", "localhost", "[::1]"] where host == name || host.hasPrefix(name + ":") {
      let port = host.dropFirst(name.count + 1)
      return port.allSatisfy { $0.isASCII && $0.isNumber } && (host == name || !port.isEmpty)
    }
    return false
  }

  /// What the page shows. Money as decimal text, times in ISO 8601.
  static func status(_ snapshot: FloorSnapshot?, isConnected: Bool, now: WallTime) -> JSON {
    let health = FloorHealth(snapshot, isConnected: isConnected, now: now).json
    guard let snapshot else { return ["health": health, "at": .text(now)] }
    let o = snapshot.overview
    return [
      "health": health, "at": .text(now), "taken_at": .text(snapshot.takenAt),
      "floor": [
        "mode": .string(snapshot.inForce.mode.rawValue), "reason": .string(snapshot.inForce.reason),
        "mode_recorded": .string(o.mode.rawValue), "paper": .bool(o.isPaper),
        "capital": .text(o.capital), "cash": .text(o.cash), "allocated": .text(o.allocated),
        "reserved": .text(o.reserved), "invested": .text(o.invested), "day_pnl": .text(o.dayPnL),
        "agents_running": .int(o.agentsRunning), "open_orders": .int(o.openOrders),
        "unknown_orders": .int(o.unknownOrders), "open_positions": .int(o.openPositions),
        "trades_today": .int(o.tradesToday), "fills": .int(o.fills),
      ],
      "agents": .array(
        snapshot.agents.map {
          [
            "name": .string($0.name), "strategy": .string($0.strategy), "status": .string($0.status),
            "generation": .int($0.generation), "allocated": .text($0.allocated), "invested": .text($0.invested),
            "trades": .int($0.trades), "wins": .int($0.wins), "pnl": .text($0.pnl), "fees": .text($0.fees),
          ]
        }),
      "processes": .array(
        snapshot.processes.filter(\.isWanted).map {
          [
            "name": .string($0.name), "state": .string($0.state), "restarts": .int($0.restarts),
            "last_exit": .string($0.lastExit),
          ]
        }),
      "events": .array(
        snapshot.events.map {
          [
            "at": .text($0.at), "severity": .string($0.severity), "component": .string($0.component),
            "kind": .string($0.kind), "message": .string($0.message),
          ]
        }),
    ]
  }
}
