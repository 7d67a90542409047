import Admin
import Kernel
import Logging
import Settings
import Testing

@Suite struct AuditTests {
    private func snapshot(_ folder: TemporaryFolder) -> Snapshot {
        Snapshot(listeners: [], upstreams: [], splits: [], stateDirectory: "\(folder.path)/state")
    }

    private func trail(_ folder: TemporaryFolder) async -> AuditTrail {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let trail = AuditTrail(logger: logger)
        await trail.adopt(snapshot(folder))
        return trail
    }

    private func file(_ folder: TemporaryFolder) throws -> [UInt8] {
        Array(try folder.read("state/audit.jsonl").utf8)
    }

    private func lines(_ folder: TemporaryFolder) throws -> [JSONValue] {
        try file(folder).split(separator: 0x0a).map { try JSONReader.read($0) }
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
        ),
    ])
    func `the hash is the one of FIPS 180-4`(text: String, hash: String) {
        #expect(SHA256.hexadecimal(text.utf8) == hash)
    }

    @Test func `each line holds the hash of the one before`() async throws {
        let folder = try TemporaryFolder()
        let trail = await trail(folder)
        await Caller.$current.withValue(.token("ops")) {
            await trail.append(
                AuditEvent(
                    "weights", split: "kong", from: .object(["x": .number(90)]),
                    to: .object(["x": .number(75)]), reason: "step \"3\"\n"))
        }
        await trail.append(AuditEvent("acknowledgement", subject: "backup"))
        let lines = try lines(folder)
        #expect(lines.count == 2)
        #expect(lines[0]["previous"]?.text == AuditChain.beginning)
        #expect(lines[1]["previous"]?.text == lines[0]["hash"]?.text)
        #expect(
            lines[0]["who"]?["token"]?.text == "ops" && lines[1]["who"]?["by"]?.text == "sluice")
        #expect(lines[0]["from"]?["x"]?.int == 90 && lines[0]["reason"]?.text == "step \"3\"\n")
        #expect(try AuditChain.verify(file(folder)).number == 2)
        #expect(await trail.report.last.number == 2)
    }

    @Test func `many at once are all there, in one chain, also over restarts`() async throws {
        let folder = try TemporaryFolder()
        for round in 1...3 {
            let trail = await trail(folder)
            await withDiscardingTaskGroup { group in
                for number in 0..<50 {
                    group.addTask { await trail.append(AuditEvent("test", subject: "\(number)")) }
                }
            }
            #expect(try AuditChain.verify(file(folder)).number == 50 * round)
        }
    }

    @Test func `every change of a byte, a line gone or swapped breaks the chain`() async throws {
        let folder = try TemporaryFolder()
        let trail = await trail(folder)
        for number in 0..<4 { await trail.append(AuditEvent("test", subject: "\(number)")) }
        let bytes = try file(folder)
        for index in bytes.indices.dropLast() {
            var other = bytes
            other[index] ^= 1
            #expect(throws: AuditChain.Break.self) { try AuditChain.verify(other) }
        }
        let lines: [[UInt8]] = bytes.split(separator: 0x0a).map { Array($0) + [0x0a] }
        for (order, line) in [([0, 2, 3], 2), ([1, 0, 2, 3], 1), ([0, 1, 1, 2, 3], 3)] {
            let other: [UInt8] = order.flatMap { (index: Int) -> [UInt8] in lines[index] }
            do throws(AuditChain.Break) {
                _ = try AuditChain.verify(other)
                Issue.record("\(order) holds")
            } catch {
                #expect(error.line == line, "\(error)")
            }
        }
        // A line that somebody made anew: its hash is its own, its number the one that was there.
        let forged = AuditChain.line(
            JSONValue.object(["event": .string("test")]).members ?? [], at: "now",
            behind: AuditChain.Link(number: 1))
        let other = lines[0] + Array("\(forged.text)\n".utf8) + lines[2] + lines[3]
        do throws(AuditChain.Break) {
            _ = try AuditChain.verify(other)
            Issue.record("a forged line holds")
        } catch {
            #expect(error.line == 2, "\(error)")
        }
    }

    @Test func `a line torn by a crash is cut off and noted in the chain`() async throws {
        let folder = try TemporaryFolder()
        let first = await trail(folder)
        for number in 0..<3 { await first.append(AuditEvent("test", subject: "\(number)")) }
        let whole = try folder.read("state/audit.jsonl")
        let last = whole.split(separator: "\n")[2].count
        for cut in [1, 2, 40, last] {
            try folder.write(String(whole.dropLast(cut)), to: "state/audit.jsonl")
            let next = await trail(folder)
            await next.append(AuditEvent("after"))
            let lines = try lines(folder)
            #expect(try AuditChain.verify(file(folder)).number == 4)
            #expect(lines[2]["event"]?.text == "recovered")
            #expect(lines[2]["torn_bytes"]?.int == last + 1 - cut)
            #expect(lines[3]["event"]?.text == "after")
        }
    }

    @Test func `an edited last line is noted, and verification names it`() async throws {
        let folder = try TemporaryFolder()
        let first = await trail(folder)
        for number in 0..<2 { await first.append(AuditEvent("test", subject: "\(number)")) }
        let text = try folder.read("state/audit.jsonl")
        let edited = text.split(separator: "\n")
            .map { $0.contains("\"number\":2") || $0.contains("\"number\": 2") ? "{}" : $0 }
        try folder.write(edited.joined(separator: "\n") + "\n", to: "state/audit.jsonl")
        let next = await trail(folder)
        await next.append(AuditEvent("after"))
        #expect(try lines(folder).contains { $0["event"]?.text == "broken" })
        do throws(AuditChain.Break) {
            _ = try AuditChain.verify((try? file(folder)) ?? [])
            Issue.record("the chain holds")
        } catch {
            #expect(error.line == 2)
        }
    }

    @Test func `what cannot be written waits, is said, and is written later`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("in the way", to: "state")
        let trail = await trail(folder)
        await trail.append(AuditEvent("first"))
        await trail.append(AuditEvent("second"))
        #expect(await trail.report.fault != nil)
        #expect(await trail.report.waiting == 2)
        try folder.remove("state")
        await trail.retry()
        #expect(await trail.report.fault == nil)
        #expect(await trail.report.waiting == 0)
        #expect(try lines(folder).map { $0["event"]?.text } == ["first", "second"])
    }

    @Test func `changes of weights are written down with who asked for them`() async throws {
        let bench = try Bench()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let trail = AuditTrail(logger: logger)
        await trail.adopt(bench.snapshot)
        let keeper = WeightKeeper(
            plane: bench.plane, store: WeightStore(WeightStore.Places(bench.snapshot)),
            logger: logger, disk: .threads, audit: trail)
        _ = try await keeper.run(
            bench.snapshot, text: WeightsText.read(bench.snapshot, files: DiskFiles.read),
            stored: nil)
        let wish = WeightRequest.Wish.weights(["kong": ["x": "50", "y": "50"]])
        _ = try await Caller.$current.withValue(.process(user: 0, number: 7)) {
            try await keeper.change(WeightRequest(wish, source: .socket, reason: "half"))
        }
        try bench.folder.write("kong: {x: 40, y: 60}\n", to: "weights.yaml")
        while await !keeper.lookAtFile() {}
        _ = try await keeper.change(WeightRequest(.rollback(split: nil), source: .socket))
        let lines = try lines(bench.folder)
        #expect(lines.map { $0["event"]?.text } == ["weights", "weights", "weights", "rollback"])
        #expect(lines.map { $0["who"]?["by"]?.text } == ["file", "socket", "file", "sluice"])
        #expect(lines[1]["who"]?["uid"]?.int == 0 && lines[1]["who"]?["user"]?.text == "root")
        #expect(lines[1]["reason"]?.text == "half" && lines[1]["from"]?["x"]?.int == 90)
        #expect(lines[2]["to"]?["y"]?.int == 60)
        #expect(lines[3]["metrics"]?["y"]?["requests"]?.int == 0)
        #expect(try AuditChain.verify(file(bench.folder)).number == 4)
    }
}
