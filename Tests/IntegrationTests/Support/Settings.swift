import Foundation

/// The files that a proxy starts with. What a test does not care about is left as it is.
struct Settings {
    var listener = "address: 127.0.0.1:0"
    /// Each upstream's name and the ports of its targets.
    var upstreams: [(name: String, ports: [UInt16])]
    /// More keys of each upstream, as `, timeouts: {total: 1s}`.
    var upstreamMore = ""
    /// More keys of one upstream, by its name.
    var keys: [String: String] = [:]
    /// The only split's weights in sluice.yaml.
    var weights = "{x: 90, y: 10}"
    /// The text of weights.yaml; nil for none.
    var weightsFile: String?
    /// Where the weight file is; `weightsFile` is written there.
    var weightsPath = "weights.yaml"
    var socket = "sluice.sock"
    var workers = 2
    /// More keys of the admin address, as `, tokens: []`.
    var adminMore = ""
    var adminPort: UInt16 = 0
    /// More lines of sluice.yaml.
    var more = ""

    init(x: UInt16, y: UInt16, weights: String = "{x: 90, y: 10}") {
        upstreams = [("x", [x]), ("y", [y])]
        self.weights = weights
    }

    /// One upstream only: everything goes to it.
    init(x: UInt16...) {
        upstreams = [("x", x)]
        weights = "{x: 1}"
    }

    var text: String {
        let upstreams = self.upstreams.map { upstream in
            let targets = upstream.ports.map { "127.0.0.1:\($0)" }.joined(separator: ", ")
            let own = keys[upstream.name].map { ", \($0)" } ?? ""
            return "  \(upstream.name): {targets: [\(targets)]\(upstreamMore)\(own)}\n"
        }
        return """
            listeners:
              api: {\(listener), split: kong}
            upstreams:
            \(upstreams.joined())splits:
              kong: \(weights)
            state_dir: state
            control: {socket: \(socket)}
            admin: {address: 127.0.0.1:\(adminPort)\(adminMore)}
            workers: \(workers)
            \(weightsFile == nil ? "" : "weights_file: \(weightsPath)\n")\(more)
            """
    }
}
