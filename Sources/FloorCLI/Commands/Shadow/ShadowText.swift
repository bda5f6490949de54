import FloorSim
import Shared

/// A shadow report for people and for programs. Pure.
enum ShadowText {
  static func text(_ report: ShadowReport) -> String {
    let omissions = ShadowReport.Omission.allCases.compactMap { why in
      report.leftOut[why].map { "\($0) \(why.rawValue.replacing("_", with: " "))" }
    }
    let answers = [50, 95].map { percent in
      ShadowReport.percentile(report.answers, percent).map { "\($0.milliseconds)" } ?? "-"
    }
    let head = [
      "\(report.lines.count) orders, \(report.compared) compared"
        + (omissions.isEmpty ? "" : "; left out: " + omissions.joined(separator: ", ")),
      "the venue's first word after \(answers[0]) ms (median), \(answers[1]) ms (95 of 100); on paper after \(report.latency.milliseconds) ms",
    ]
    let figures = Table(
      [
        "orders of", "kind", "side", "filled", "fill rate", "shares", "bought at", "sold at", "first fill ms", "fees",
        "profit",
      ],
      report.groups.flatMap { group in
        [("paper", group.paper), ("venue", group.venue)].map { side, tally in
          [
            group.strategy ?? "all", group.kind.rawValue, side, "\(tally.filled)",
            percent(tally.shares.micros, of: group.wanted.micros), short(tally.shares.micros),
            tally.averageBuy.map { Decimal6.text($0.micros, minimumDecimals: 4) } ?? "-",
            tally.averageSale.map { Decimal6.text($0.micros, minimumDecimals: 4) } ?? "-",
            ShadowReport.percentile(tally.firstFills, 50).map { "\($0.milliseconds)" } ?? "-",
            short(tally.fees.micros), short(tally.profit.micros),
          ]
        }
      })
    let agreement = Table(
      ["orders of", "kind", "orders", "filled on both", "on paper alone", "at the venue alone", "on neither"],
      report.groups.map { group in
        [
          group.strategy ?? "all", group.kind.rawValue, "\(group.orders)", "\(group.both)", "\(group.onlyPaper)",
          "\(group.onlyVenue)", "\(group.neither)",
        ]
      })
    return (head + ["", figures.text, "", agreement.text]).joined(separator: "\n")
  }

  static func orders(_ report: ShadowReport) -> String {
    Table(
      [
        "sent", "order", "strategy", "side", "type", "price", "size", "venue", "venue paid", "paper", "paper paid",
        "note",
      ],
      report.lines.map { line in
        let order = line.order
        var row = [
          order.sentAt.description, String(order.id.text.prefix(12)), order.strategy, order.side.rawValue,
          order.type.rawValue, order.price.description, order.size.description, filled(line.venue), paid(line.venue),
        ]
        switch line.outcome {
        case .leftOut(let why): row += ["-", "-", why.rawValue]
        case .compared(let paper):
          row += [filled(paper.fills), paid(paper.fills), paper.refusal?.rawValue ?? ""]
        }
        return row
      }
    ).text
  }

  private static func filled(_ fills: [ShadowOrder.Fill]) -> String {
    fills.reduce(Shares.zero) { $0 + $1.size }.description
  }
  private static func paid(_ fills: [ShadowOrder.Fill]) -> String {
    fills.reduce(USD.zero) { $0 + $1.cash }.description
  }

  /// Tenths of a per cent, down.
  private static func percent(_ part: Int64, of all: Int64) -> String {
    guard all > 0 else { return "-" }
    let tenths = divide(Int128(part) * 1000, by: Int128(all), rounding: .nearest)
    return "\(tenths / 10).\(tenths % 10)%"
  }

  private static func short(_ micros: Int64) -> String { Decimal6.text(micros, minimumDecimals: 2) }

  // MARK: For programs

  static func json(_ report: ShadowReport, orders: Bool) -> JSON {
    func milliseconds(_ all: [Duration], _ percent: Int) -> JSON {
      .optional(ShadowReport.percentile(all, percent).map { .int($0.milliseconds) })
    }
    func tally(_ tally: ShadowGroup.Tally) -> JSON {
      [
        "filled": .int(tally.filled), "shares": .text(tally.shares), "bought": .text(tally.bought),
        "sold": .text(tally.sold), "paid_usd": .text(tally.paid), "received_usd": .text(tally.received),
        "average_buy": .optional(tally.averageBuy.map { .text($0) }),
        "average_sale": .optional(tally.averageSale.map { .text($0) }), "fees_usd": .text(tally.fees),
        "profit_usd": .text(tally.profit), "first_fill_ms": milliseconds(tally.firstFills, 50),
      ]
    }
    var json: JSON = [
      "orders": .int(report.lines.count), "compared": .int(report.compared),
      "left_out": .object(
        ShadowReport.Omission.allCases.map { JSON.Member($0.rawValue, .int(report.leftOut[$0] ?? 0)) }),
      "paper_latency_ms": .int(report.latency.milliseconds), "venue_answer_ms": milliseconds(report.answers, 50),
      "venue_answer_p95_ms": milliseconds(report.answers, 95),
      "groups": .array(
        report.groups.map { group in
          [
            "strategy": .optional(group.strategy.map { .string($0) }), "kind": .string(group.kind.rawValue),
            "orders": .int(group.orders), "wanted_shares": .text(group.wanted), "both": .int(group.both),
            "only_paper": .int(group.onlyPaper), "only_venue": .int(group.onlyVenue), "neither": .int(group.neither),
            "paper": tally(group.paper), "venue": tally(group.venue),
          ]
        }),
    ]
    if orders { json = json.with("lines", .array(report.lines.map(self.line))) }
    return json
  }

  private static func line(_ line: ShadowReport.Line) -> JSON {
    func fills(_ fills: [ShadowOrder.Fill]) -> JSON {
      .array(
        fills.map {
          ["at": .text($0.at), "size": .text($0.size), "cash_usd": .text($0.cash), "fee_usd": .text($0.fee)]
        })
    }
    let order = line.order
    var json: JSON = [
      "order": .text(order.id), "strategy": .string(order.strategy), "sent": .text(order.sentAt),
      "side": .string(order.side.rawValue), "type": .string(order.type.rawValue), "price": .text(order.price),
      "size": .text(order.size), "venue": fills(line.venue),
    ]
    switch line.outcome {
    case .leftOut(let why): json = json.with("left_out", .string(why.rawValue))
    case .compared(let paper):
      json = json.with("paper", fills(paper.fills)).with(
        "refusal", .optional(paper.refusal.map { .string($0.rawValue) }))
    }
    return json
  }
}
