import Admin
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// What traffic alone does to targets.
    @Suite
    struct EjectionTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let fine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"

        private static func gateway(_ status: String, _ fields: String) -> String {
            "HTTP/1.1 \(status)\r\n\(fields)Content-Length: 3\r\n\r\nbad"
        }

        /// How an origin fails, and whether that speaks against it.
        enum Fault: String, CaseIterable {
            case closes, resets, garbage, silent, kongsOwn502, kongsOwn503, brokenService504,
                brokenService502Of38
            case servicesOwn503, anybodys502, kongsOwn500, refusesService404

            var counts: Bool {
                switch self {
                case .closes, .resets, .garbage, .silent, .kongsOwn502, .kongsOwn503,
                    .brokenService504, .brokenService502Of38:
                    true
                case .servicesOwn503, .anybodys502, .kongsOwn500, .refusesService404: false
                }
            }

            func serve(_ peer: Peer) {
                while peer.message(.request) != nil {
                    switch self {
                    case .closes: return
                    case .resets: return peer.reset()
                    case .garbage: peer.send("garbage\r\n\r\n")
                    case .silent: peer.receiveAll()
                    case .kongsOwn502: peer.send(gateway("502 No", "Server: kong/3.4.1\r\n"))
                    case .kongsOwn503: peer.send(gateway("503 No", "Server: kong/3.4.1\r\n"))
                    case .brokenService504: peer.send(gateway("504 No", "Via: kong/3.4.1\r\n"))
                    case .brokenService502Of38:
                        let marks = "Via: 1.1 kong/3.8.0\r\nServer: kong/3.8.0\r\n"
                        peer.send(gateway("502 No", marks))
                    case .servicesOwn503:
                        peer.send(gateway("503 No", "Server: app\r\nVia: kong/3.4.1\r\n"))
                    case .anybodys502: peer.send(gateway("502 No", "Server: nginx\r\n"))
                    case .kongsOwn500: peer.send(gateway("500 No", "Server: kong/3.4.1\r\n"))
                    case .refusesService404: peer.send(gateway("404 No", ""))
                    }
                }
            }
        }

        private static func ward(
            _ ports: [UInt16], workers: Int = 1, base: Int = 60_000, slowStart: Int = 0
        ) async throws -> Ward {
            try await Ward(workers: workers, [ports]) { upstream in
                upstream.ejection = EjectionSettings(consecutive: 3, baseMilliseconds: base)
                upstream.slowStartMilliseconds = slowStart
                upstream.timeouts.responseMilliseconds = 100
            }
        }

        /// One request on a connection of its own; its status.
        private static func ask(_ stage: Stage) throws -> Int {
            let client = try stage.client()
            defer { client.close() }
            client.send(get)
            return try client.answer().status
        }

        @Test(arguments: Fault.allCases)
        func `a target whose traffic fails is ejected, if that is its own fault`(fault: Fault)
            async throws
        {
            let bad = try Origin { peer, _ in fault.serve(peer) }
            let good = try Origin(answering: { _ in Self.fine })
            defer { for origin in [bad, good] { origin.stop() } }
            let ward = try await Self.ward([bad.port, good.port])
            if fault.counts {
                try await ward.wait(for: "es") { _ = try Self.ask(ward.stage) }
                for _ in 0..<30 { #expect(try Self.ask(ward.stage) == 200) }
                let error = await ward.judge.report().targets.first?.lastError ?? ""
                #expect(error.hasPrefix("3 failures in a row, at last: "))
            } else {
                for _ in 0..<60 { _ = try Self.ask(ward.stage) }
                #expect(Ward.letters(await ward.judge.report()) == "ss")
            }
            await ward.end()
        }

        @Test
        func `a target that refuses connections is ejected, and no client sees it`()
            async throws
        {
            let good = try Origin(answering: { _ in Self.fine })
            defer { good.stop() }
            let ward = try await Self.ward([1, good.port])
            try await ward.wait(for: "es") {
                let status = try Self.ask(ward.stage)
                #expect(status == 200)
            }
            #expect(ward.log.count("sound -> ejected: 3 failures in a row") == 1)
            await ward.end()
        }

        @Test
        func `an answer in between begins the row anew`() async throws {
            let turn = Lock(0)
            let moody = try Origin { peer, _ in
                while peer.message(.request) != nil {
                    let number = turn.withLock { turn in
                        turn += 1
                        return turn
                    }
                    if number % 3 == 0 {
                        peer.send(Self.fine)
                    } else {
                        peer.send(Self.gateway("503 No", "Server: kong/3\r\n"))
                    }
                }
            }
            let good = try Origin(answering: { _ in Self.fine })
            defer { for origin in [moody, good] { origin.stop() } }
            let ward = try await Self.ward([moody.port, good.port])
            while turn.withLock({ $0 }) < 60 { _ = try Self.ask(ward.stage) }
            #expect(Ward.letters(await ward.judge.report()) == "ss")
            await ward.end()
        }

        @Test
        func `the only target is never ejected`() async throws {
            let bad = try Origin { peer, _ in Fault.kongsOwn503.serve(peer) }
            defer { bad.stop() }
            let ward = try await Self.ward([bad.port])
            // Whoever hears of failures may not listen yet, and is told once a second only.
            let report = try await ward.wait(
                until: { $0.targets.first?.lastError != nil },
                meanwhile: {
                    let status = try Self.ask(ward.stage)
                    #expect(status == 503)
                })
            #expect(Ward.letters(report) == "s")
            await ward.end()
        }

        @Test(arguments: [1, 2])
        func `an ejected target comes back, slowly`(workers: Int) async throws {
            let isBad = Lock(true)
            let moody = try Origin { peer, _ in
                while peer.message(.request) != nil {
                    let bad = isBad.withLock { $0 }
                    peer.send(bad ? Self.gateway("502 No", "Server: kong/3\r\n") : Self.fine)
                }
            }
            let good = try Origin(answering: { _ in Self.fine })
            defer { for origin in [moody, good] { origin.stop() } }
            let ward = try await Self.ward(
                [moody.port, good.port], workers: workers, base: 100, slowStart: 1_000)
            let ask = { _ = try Self.ask(ward.stage) }
            try await ward.wait(for: "es", meanwhile: ask)
            isBad.withLock { $0 = false }
            try await ward.wait(for: "ss", meanwhile: ask)
            #expect(ward.log.count("ejected -> sound: the ejection is over") == 1)
            let slow = await ward.judge.report()
            #expect((slow.targets.first?.weightPercent ?? 100) < 100)
            try await ward.wait(
                until: { $0.targets.first?.weightPercent == 100 }, meanwhile: ask)
            await ward.end()
        }

        @Test
        func `with nobody to eject no failure is counted or told`() async throws {
            let bad = try Origin { peer, _ in Fault.kongsOwn503.serve(peer) }
            defer { bad.stop() }
            let ward = try await Ward([[bad.port, 1]]) { _ in }
            for _ in 0..<20 { _ = try Self.ask(ward.stage) }
            let report = await ward.judge.report()
            #expect(report.targets.allSatisfy { $0.lastError == nil })
            await ward.end()
        }
    }
}
