import Foundation
import Kernel
import Testing

/// Much through tcp listeners, plain and with TLS on both sides; and readers that wait.
@Suite(.serialized, .ownThreads)
struct TCPTransferTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
    }

    /// nginx that serves the files of its folder and takes others.
    private func store(hasTLS: Bool) throws -> Nginx {
        let folder = certificates.folder
        let tls = "ssl_certificate \(folder["a.pem"]); ssl_certificate_key \(folder["a.key"]);"
        return try Nginx(
            "x", tls: hasTLS ? tls : nil,
            locations: "location / { root .; dav_methods PUT; client_max_body_size 0; }")
    }

    private func sluice(_ port: UInt16, hasTLS: Bool) throws -> Sluice {
        var settings = Settings(x: port)
        settings.listener =
            hasTLS ? certificates.listener("a") + ", mode: tcp" : "address: 127.0.0.1:0, mode: tcp"
        if hasTLS {
            settings.keys["x"] =
                "tls: {ca: \(certificates.folder["ca.pem"]), server_name: a.test}"
        }
        return try Sluice(settings)
    }

    @discardableResult
    private func shell(_ command: String) throws -> String {
        let result = try ChildProcess.run(["sh", "-c", command], within: 4 * patience)
        #expect(result.status == 0, "\(command): \(result.errors)")
        return result.output
    }

    /// How much goes each way: 256 MiB, or the number of MiB that SLUICE_TRANSFER_MIB says.
    private static var size: Int {
        (Int(ProcessInfo.processInfo.environment["SLUICE_TRANSFER_MIB"] ?? "") ?? 256) << 20
    }

    @Test(arguments: [false, true])
    func `much arrives as it was sent, both ways at once`(hasTLS: Bool) throws {
        let store = try store(hasTLS: hasTLS)
        let sluice = try sluice(store.port, hasTLS: hasTLS)
        let (size, folder) = (Self.size, store.folder)
        try shell(
            "head -c \(size) /dev/zero | openssl enc -aes-128-ctr -nosalt -pass pass:sluice "
                + "-pbkdf2 > \(folder["large"])")
        let base =
            hasTLS
            ? "--cacert \(certificates.folder["ca.pem"]) "
                + "--resolve a.test:\(sluice.port):127.0.0.1 https://a.test:\(sluice.port)"
            : "http://127.0.0.1:\(sluice.port)"
        let curl = "curl --silent --show-error --fail --max-time 200"
        let sums = try shell(
            "\(curl) -T \(folder["large"]) \(base)/back >&2 & "
                + "\(curl) \(base)/large | sha256sum; wait $! && "
                + "sha256sum < \(folder["large"]) && sha256sum < \(folder["back"])")
        let lines = Set(sums.split(separator: "\n"))
        #expect(lines.count == 1 && sums.split(separator: "\n").count == 3, "\(sums)")
        let page = try sluice.metrics()
        #expect(page.sum("sluice_tcp_received_bytes_total") > size)
        #expect(page.sum("sluice_tcp_sent_bytes_total") > size)
        // nginx does not announce the end of a TLS connection whose client has gone.
        let isOver = eventually {
            let page = try? sluice.metrics()
            return page?.sum("sluice_tcp_connections_total", ["end": "closed"]) == 2
        }
        #expect(isOver)
        #expect(try sluice.metrics().sum("sluice_tcp_errors_total") == 0)
    }

    private static let clients = 24

    /// The memory of a process in KiB.
    private static func memory(of child: ChildProcess?) throws -> Int {
        guard let child else { throw TimedOut("no child") }
        let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let number = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
        return number.flatMap { Int($0) } ?? 0
    }

    @Test(arguments: [false, true])
    func `readers that take nothing hold up who sends to them, in little memory`(
        hasTLS: Bool
    ) throws {
        let mebibyte = Data(repeating: 0x61, count: 1 << 20)
        let isOver = Flag()
        let fullCount = Counter()
        // It takes nothing, and sends as much as the other side takes.
        let upstream = try ScriptedUpstream { wire, _ in
            _ = try wire.sendUntilFull(mebibyte, waiting: 0.5)
            fullCount.add()
            while !isOver.isSet { waitAMoment() }
        }
        defer { isOver.set() }
        var settings = Settings(x: upstream.port)
        settings.listener =
            (hasTLS ? certificates.listener("a") : "address: 127.0.0.1:0") + ", mode: tcp"
        let sluice = try Sluice(settings)
        let before = try Self.memory(of: sluice.child)
        var plain: [Wire] = []
        var encrypted: [TLSWire] = []
        // Each client sends until nobody takes more; what it is sent it leaves where it is.
        for _ in 1...Self.clients {
            if hasTLS {
                let client = try TLSWire(port: sluice.port)
                while try client.wire.isReadyToSend(within: 0.2) {
                    try client.send(Data(repeating: 0x62, count: 16_384))
                }
                encrypted.append(client)
            } else {
                let client = try Wire(port: sluice.port)
                _ = try client.sendUntilFull(mebibyte, waiting: 0.2)
                plain.append(client)
            }
        }
        #expect(eventually { fullCount.value == Self.clients })
        let page = try sluice.metrics()
        #expect(page.sum("sluice_tcp_connections") == Self.clients)
        #expect(page.sum("sluice_tcp_received_bytes_total") > 0)
        // A block each way, and with TLS records that wait and what belongs to a session.
        let growth = try Self.memory(of: sluice.child) - before
        #expect(growth < Self.clients * (hasTLS ? 640 : 320), "\(growth) KiB")
    }

    @Test func `each side of a connection with TLS may end alone`() throws {
        let upstream = try ScriptedUpstream { wire, _ in
            try wire.send("welcome")
            let count = try wire.takeToEnd().count
            try wire.send("you said \(count) bytes")
        }
        var settings = Settings(x: upstream.port)
        settings.listener = certificates.listener("a") + ", mode: tcp"
        let sluice = try Sluice(settings)
        let client = try TLSWire(port: sluice.port)
        _ = try client.take(through: "welcome")
        try client.send(Data(repeating: 7, count: 300_000))
        try client.close()
        client.wire.endSending()
        _ = try client.take(through: "you said 300000 bytes")
        #expect(try client.receiveSome() == nil, "its end is announced")
    }

    @Test func `a client that goes away unannounced looks broken to the target`() throws {
        let ends = Lock<[String]>([])
        let upstream = try ScriptedUpstream { wire, _ in
            do {
                let count = try wire.takeToEnd().count
                ends.withLock { $0.append("\(count)") }
            } catch {
                ends.withLock { $0.append("\(error)") }
            }
        }
        var settings = Settings(x: upstream.port)
        settings.listener = certificates.listener("a") + ", mode: tcp"
        let sluice = try Sluice(settings)
        for isAnnounced in [true, false] {
            let client = try TLSWire(port: sluice.port)
            try client.send("half")
            if isAnnounced { try client.close() }
            client.wire.endSending()
            let count = isAnnounced ? 1 : 2
            #expect(eventually { ends.withLock(\.count) == count })
        }
        #expect(ends.withLock { $0 } == ["4", "\(WireError.reset)"])
    }
}

extension Wire {
    /// Whether something more would be taken now, or soon.
    fileprivate func isReadyToSend(within seconds: Double) throws -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let result = unsafe poll(&waiting, 1, Int32(seconds * 1_000))
        guard result >= 0, waiting.revents & Int16(POLLERR | POLLHUP) == 0 else {
            throw WireError.reset
        }
        return result > 0
    }
}
