// Hammer: the mathematics of the last seconds of an up/down window. Uses `Values`, `Mathematics`, `Market`, `Indicators` and the reasons of
// `Strategy`. Pure: prices, books and times come in, probabilities, bets and refusals come out. Sections refer to the hammer model document.
//
//   SecondGrid      a reference price second by second      WindowAverage      a settling mean: what is fixed, what is open (1, 2)
//   StepVolatility  sigma of the model (2)                  SeedVolatility     sigma of the seed (2)
//   UpProbability   P(Up) by each model (2)                 SpotHint           the value behind the newest exchange price (2)
//   HammerBet       side, price, size, or why not (4, 7)    AskWalk            what an amount buys (4)
//   HammerGate      every reason not to look further (7)    StrikeWatch        the price to beat, observed at the boundary (1)
//   FeedRoles       canonical, fallback, recovery           RecipeDrift        does the source still average as we think (8)
//
// Probabilities are statistics (`Double`); prices compared for settlement, money and sizes are exact integers.
