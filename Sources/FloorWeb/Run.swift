import FloorIOData
import Shared

private let help = """
  floor-web: health, metrics and the status page of a floor, on loopback.

  usage: floor-web --birth-fd N | --birth FILE
    --birth-fd N   read the birth document from this descriptor (how the boss starts it)
    --birth FILE   read it from a file
    --help, --version

  Serves / (status page), /health (200 or 503), /metrics (Prometheus), /api/status (JSON) on web.port and web.metrics_port.
  """

/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runFloorWeb(_ arguments: [String]) -> Int32 {
  var service: FloorWebService?
  let status = FloorProcess.run("floor-web", arguments, help: help) { process in
    service = try FloorWebService(process)
  }
  service?.close()
  return status
}
