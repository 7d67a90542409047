internal import Bytes
internal import HTTP
internal import Kernel

/// Listeners that tell their clients which upstream answered.
extension Worker {
    /// Whether the exchange's client is to be told.
    func exposesUpstream(_ exchange: Int) -> Bool {
        listeners[exchanges[exchange].listener].exposesUpstream
    }

    /// Puts the field behind the others of the head in `scratch`, which is the last thing there.
    mutating func exposeUpstream(_ exchange: Int) {
        scratch.truncate(to: scratch.count - 2)
        let upstream = exchanges[exchange].upstream
        if let line = upstreams[upstream].exposure.take() {
            Self.copy(line, to: &scratch)
            upstreams[upstream].exposure = consume line
        }
        scratch.append("\r\n")
    }

    /// Puts the field of our own answer into `exposedLine`.
    mutating func writeExposure(of exchange: Int) {
        exposedLine.removeAll()
        let upstream = exchanges[exchange].upstream
        guard upstream >= 0, exposesUpstream(exchange),
            let line = upstreams[upstream].exposure.take()
        else { return }
        Self.copy(line, to: &exposedLine)
        upstreams[upstream].exposure = consume line
    }

    private static func copy(_ line: borrowing Buffer, to buffer: inout Buffer) {
        buffer.append(line.bytes)
    }
}

extension UpstreamState {
    /// The field line that tells the upstream's name.
    static func exposure(of name: String) -> Buffer {
        // Names of settings are shorter; those of a test may be any.
        let bytes = Array(name.utf8.prefix(Limits.exposedLineBytes - 32))
        var line = Buffer(capacity: Limits.exposedLineBytes)
        line.append("X-Sluice-Upstream: ")
        line.append(bytes.span)
        line.append("\r\n")
        return line
    }
}
