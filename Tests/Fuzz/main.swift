runFuzzing()
