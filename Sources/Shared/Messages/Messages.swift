// Messages: what travels on the bus between the floor's processes, byte for byte. May use Values, Runtime, Market and Orders.
//
//   Names           every channel and key, its writer and its readers     Envelope         who, which number, when
//   SequenceTracker finds lost messages                                    MarketUpdate     md:<slug>, market:<slug>
//   ReferencePrice  ref:<symbol>                                           ClockMessage     floor:clock
//
// Everything is one line of JSON that a person can read with redis-cli. The hot ones are written and read by hand
// (docs/decisions/0003-own-json.md); unknown members are skipped, an unknown version is refused. Nothing here is trusted: a decoder
// throws on anything it does not understand and never traps.
