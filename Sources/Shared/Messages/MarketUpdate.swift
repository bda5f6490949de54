/// Channel `md:<slug>`, and (with the market's descriptor) key `market:<slug>`: how a market stands. Written by the feed.
///
/// Every message is a whole snapshot of what an agent needs, so a lost one costs a moment, not the state. On the wire:
/// ```
/// {"v":1,"src":"market-feed","boot":"b7","seq":12,"ts_ns":…,"sent_ns":…,"order":311,"slug":"btc-updown-5m-1795180500",
///  "series":"BTC-5m","state":"live","book_epoch":3,"tick":"0.01","min_size":"5","fee_rate":"0.07","fee_exponent":1,
///  "starts_ns":…,"ends_ns":…,"settlement_symbol":"btc/usd","settlement_twap_s":60,"yes":{"bids":[["0.52","84.75"]],"asks":[["0.53","150"]]},"no":{"bids":[["0.47","150"]],"asks":[]},
///  "last":{"outcome":"YES","side":"BUY","price":"0.53","size":"150"},"flow":{"yes":"1150","no":"420.5"}}
/// ```
/// Bids best (highest) first, asks best (lowest) first, at most five of each. `ts_ns` is the venue's time of the newest data in it.
public struct MarketUpdate: Hashable, Sendable {
  public var envelope: Envelope
  /// The feed's total order over everything it publishes, from 1 at each boot of the feed.
  public var order: Int64
  public var slug: MarketSlug
  /// The series this contract belongs to; none for event markets.
  public var series: MarketSeries?
  public var state: MarketState
  /// Why it is not `live`, for people: `no data for 12 s`.
  public var reason: String?
  /// Grows when the book was rebuilt (resubscription, tick change): what was computed from an older one is void.
  public var bookEpoch: Int64
  public var tick: PriceTick
  public var minimumSize: Shares
  public var fee: TakerFee
  public var startsAt: MarketTime?
  public var endsAt: MarketTime?
  /// What decides an up/down contract, as its listing says; `nil` where the listing does not.
  public var settlement: Market.Settlement?
  public var yes: BookTop
  public var no: BookTop
  public var last: LastTrade?
  /// What takers have moved since the feed followed the market; on the wire only once there was a match.
  public var flow: TakerFlow
  /// After resolution: dollars per YES share, 1, 0 or (split) 0.5.
  public var payout: Price?

  public init(
    envelope: Envelope, order: Int64, slug: MarketSlug, series: MarketSeries?, state: MarketState,
    reason: String? = nil,
    bookEpoch: Int64, tick: PriceTick, minimumSize: Shares, fee: TakerFee, startsAt: MarketTime?,
    endsAt: MarketTime?, settlement: Market.Settlement? = nil, yes: BookTop, no: BookTop, last: LastTrade? = nil,
    flow: TakerFlow = .none, payout: Price? = nil
  ) {
    self.envelope = envelope
    self.order = order
    self.slug = slug
    self.series = series
    self.state = state
    self.reason = reason
    self.bookEpoch = bookEpoch
    self.tick = tick
    self.minimumSize = minimumSize
    self.fee = fee
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.settlement = settlement
    self.yes = yes
    self.no = no
    self.last = last
    self.flow = flow
    self.payout = payout
  }

  public func top(_ outcome: Outcome) -> BookTop { outcome == .yes ? yes : no }

  /// The middle of the YES book; from the NO book when only that one is whole.
  public var mid: Price? { yes.mid ?? no.mid?.complement }
}

// MARK: - Writing

extension MarketUpdate {
  public var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(1024)
    write(to: &out)
    return out
  }

  /// Appends the message. `descriptor` is the text of more members (`Market.members`, without braces): with it the message is the
  /// value of the key `market:<slug>`.
  public func write(to out: inout [UInt8], descriptor: [UInt8] = []) {
    out.append(UInt8(ascii: "{"))
    envelope.write(to: &out)
    out.appendASCII(",\"order\":")
    out.appendInteger(order)
    out.appendASCII(",\"slug\":\"")  // a slug's characters need no escape
    out.append(contentsOf: slug.text.utf8)
    if let series {
      out.appendASCII("\",\"series\":\"")
      out.append(contentsOf: series.alias.utf8)
    }
    out.appendASCII("\",\"state\":\"")
    out.append(contentsOf: state.rawValue.utf8)
    out.append(UInt8(ascii: "\""))
    if let reason {
      out.appendASCII(",\"reason\":")
      JSON.writeString(reason, to: &out)
    }
    out.appendASCII(",\"book_epoch\":")
    out.appendInteger(bookEpoch)
    out.appendASCII(",\"tick\":")
    out.appendQuoted(micros: tick.micros)
    out.appendASCII(",\"min_size\":")
    out.appendQuoted(micros: minimumSize.micros)
    out.appendASCII(",\"fee_rate\":")
    out.appendQuoted(micros: fee.rateMicros)
    out.appendASCII(",\"fee_exponent\":")
    out.appendInteger(Int64(fee.exponent))
    if let startsAt {
      out.appendASCII(",\"starts_ns\":")
      out.appendInteger(startsAt.nanoseconds)
    }
    if let endsAt {
      out.appendASCII(",\"ends_ns\":")
      out.appendInteger(endsAt.nanoseconds)
    }
    if let settlement {
      out.appendASCII(",\"settlement_symbol\":")
      JSON.writeString(settlement.symbol, to: &out)
      if let seconds = settlement.twapSeconds {
        out.appendASCII(",\"settlement_twap_s\":")
        out.appendInteger(Int64(seconds))
      }
    }
    out.appendASCII(",\"yes\":")
    yes.write(to: &out)
    out.appendASCII(",\"no\":")
    no.write(to: &out)
    if let last {
      out.appendASCII(",\"last\":{\"outcome\":\"")
      out.append(contentsOf: last.outcome.rawValue.utf8)
      out.appendASCII("\",\"side\":\"")
      out.append(contentsOf: last.side.rawValue.utf8)
      out.appendASCII("\",\"price\":")
      out.appendQuoted(micros: last.price.micros)
      out.appendASCII(",\"size\":")
      out.appendQuoted(micros: last.size.micros)
      out.append(UInt8(ascii: "}"))
    }
    if flow != .none {
      out.appendASCII(",\"flow\":{\"yes\":")
      out.appendQuoted(micros: flow.towardYes.micros)
      out.appendASCII(",\"no\":")
      out.appendQuoted(micros: flow.towardNo.micros)
      out.append(UInt8(ascii: "}"))
    }
    if let payout {
      out.appendASCII(",\"payout\":")
      out.appendQuoted(micros: payout.micros)
    }
    if !descriptor.isEmpty {
      out.append(UInt8(ascii: ","))
      out.append(contentsOf: descriptor)
    }
    out.append(UInt8(ascii: "}"))
  }
}

extension BookTop {
  func write(to out: inout [UInt8]) {
    out.appendASCII("{\"bids\":")
    BookTop.write(bids, to: &out)
    out.appendASCII(",\"asks\":")
    BookTop.write(asks, to: &out)
    out.append(UInt8(ascii: "}"))
  }

  private static func write(_ levels: [BookLevel], to out: inout [UInt8]) {
    out.append(UInt8(ascii: "["))
    for index in levels.indices {
      out.appendASCII(index == levels.startIndex ? "[" : ",[")
      out.appendQuoted(micros: levels[index].price.micros)
      out.append(UInt8(ascii: ","))
      out.appendQuoted(micros: levels[index].size.micros)
      out.append(UInt8(ascii: "]"))
    }
    out.append(UInt8(ascii: "]"))
  }
}
