// FloorSim: recorded days through the very cores that trade. Pure: frames and settings go in, facts and a report come out; uses nothing
// but Shared. Files, options and printing are the command's (Sources/FloorCLI/Commands/Backtest).
//
//   Backtest          floors and a tape on one clock          BacktestSettings   what no recording tells
//   SimulatedFloor    agents and their desk
//   Tape/             a recording as the feed would tell it: books, prices, results
//   Desk/             the gateway's core, a record in memory, and the paper exchange it trades at
//   Report/           what came of it, in numbers; as JSON and CSV
//   Page/             the report as one HTML file, with pictures
//   Sweep/            many settings: their grid, the journal of their runs, and the best of them against luck
//   Calibrate/        what models and the market said of windows before they closed, against how they ended
