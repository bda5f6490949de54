/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runTraderAgent(_ arguments: [String]) -> Int32 { 70 }
