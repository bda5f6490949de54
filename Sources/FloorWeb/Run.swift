/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runFloorWeb(_ arguments: [String]) -> Int32 { 70 }
