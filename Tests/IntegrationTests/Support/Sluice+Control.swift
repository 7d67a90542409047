import Foundation

/// What the control API tells about one split.
struct SplitAnswer: Decodable, Equatable {
    struct Measured: Decodable, Equatable {
        let since: String
        let requests: Int
    }

    let name: String
    let generation: Int
    let weights: [String: Double]
    let effective: [String: Double]
    let measured: Measured
    let stable: String
    let candidate: String?
    let source: String
    let durable: Bool
}

/// The part of the status that tests look at.
struct StatusAnswer: Decodable {
    struct WeightsFile: Decodable {
        let valid: Bool
        let errors: [String]
        let drift: Bool
    }

    struct Reload: Decodable {
        let successful: Bool
        let errors: [String]
    }

    struct Listener: Decodable {
        let name: String
        let address: String
        let `protocol`: String?
    }

    struct Upstream: Decodable {
        let name: String
        let `protocol`: String
    }

    let state: String
    let listeners: [Listener]
    let upstreams: [Upstream]
    let generation: Int
    let weights_file: WeightsFile?
    let reload: Reload
    let splits: [SplitAnswer]
}

extension Sluice {
    /// One exchange on the control socket.
    func control(
        _ method: String, _ path: String, _ body: String = "", fields: [String] = []
    ) throws -> Message {
        try Self.exchange(try Wire(path: socket), method, path, body, fields)
    }

    /// One exchange on the admin address.
    func admin(
        _ method: String, _ path: String, _ body: String = "", fields: [String] = []
    ) throws -> Message {
        try Self.exchange(try Wire(port: adminPort), method, path, body, fields)
    }

    private static func exchange(
        _ wire: Wire, _ method: String, _ path: String, _ body: String, _ fields: [String]
    ) throws -> Message {
        let lines =
            [
                "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1",
                "Content-Length: \(body.utf8.count)",
            ] + (body.isEmpty ? [] : ["Content-Type: application/json"]) + fields
        return try wire.exchange(lines.map { $0 + "\r\n" }.joined() + "\r\n" + body)
    }

    func split(_ name: String = "kong") throws -> SplitAnswer {
        try JSONDecoder().decode(
            SplitAnswer.self, from: try control("GET", "/v1/splits/\(name)").body)
    }

    func status() throws -> StatusAnswer {
        try JSONDecoder().decode(StatusAnswer.self, from: try control("GET", "/v1/status").body)
    }

    /// The port that a listener is bound to.
    func boundPort(of listener: String) throws -> UInt16? {
        let address = try status().listeners.first { $0.name == listener }?.address
        return address?.split(separator: ":").last.flatMap { UInt16($0) }
    }

    /// Sets the weights of the split `kong` through the control socket.
    @discardableResult
    func set(x: Int, y: Int) throws -> Message {
        try control("PUT", "/v1/splits/kong", #"{"weights": {"x": \#(x), "y": \#(y)}}"#)
    }

    func metrics() throws -> MetricsPage {
        MetricsPage(try control("GET", "/metrics").text)
    }
}
