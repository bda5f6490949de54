import FloorIOData

/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runMarketFeed(_ arguments: [String]) -> Int32 {
  FloorProcess.run("market-feed", arguments, help: help) { process in
    let feed = try FeedShell(process)
    // Keeps the feed alive as long as the process.
    process.onStopRequested = { feed.stop() }
  }
}

private let help = """
  market-feed: follows the venue's markets and tells the floor how they stand.

  usage: market-feed (--birth-fd N | --birth FILE)
         market-feed --help | --version

  It is started by floor-boss, which writes its birth document into descriptor N. With --birth FILE the document is read from a file.
  It finds the markets of the configured series, keeps their books, judges whether the data is fresh, publishes every change on Redis
  (md:<slug>, ref:<symbol>, floor:clock; see Sources/Shared/Messages/Names.swift) and records markets and best prices in PostgreSQL.
  """
