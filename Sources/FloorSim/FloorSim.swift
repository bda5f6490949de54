// FloorSim: recorded days through the very cores that trade, and one look at the venue of this moment. Pure: frames and settings go in,
// facts and a report come out; uses nothing but Shared. Files, sockets, options and printing are the commands' (Sources/FloorCLI).
//
//   Backtest          floors and a tape on one clock          BacktestSettings   what no recording tells
//   SimulatedFloor    agents and their desk
//   Tape/             a recording as the feed would tell it: books, prices, results
//   Desk/             the gateway's core, a record in memory, and the paper exchange it trades at
//   Report/           what came of it, in numbers; as JSON and CSV
//   Page/             the report as one HTML file, with pictures
//   Sweep/            many settings: their grid, the journal of their runs, and the best of them against luck
//   Smoke/            one look at a venue that is there, from its listing to a paper order
//   Calibrate/        what models and the market said of windows before they closed, against how they ended
