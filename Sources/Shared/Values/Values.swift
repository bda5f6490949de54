// Values: what every other folder speaks in. Money and sizes as integers at 10⁻⁶, three kinds of time, identifiers.
// Uses nothing. Names: a number that leaves the type carries its unit (`micros`, `nanoseconds`).
//
//   Price      0 … 1 dollar per share            PriceTick   grid a market's prices stand on
//   Shares     signed count of outcome tokens    USD         signed dollars (venue collateral)
//   Decimal6   the one decimal text codec        Rounding    named directions for every product
//   WallTime · MarketTime · MonotonicTime        never mixed: three types
//   Identifiers.swift                            one type per kind of id
//
// Algebra (nothing else is defined): Price ± Price → Price · Shares ± Shares → Shares · USD ± USD → USD ·
// Price × Shares → USD (rounding named) · USD ÷ Price → Shares (rounding named) · USD × ratio → USD (rounding named).
