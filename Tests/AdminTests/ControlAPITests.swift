import Admin
import Kernel
import Logging
import Settings
import Testing

@Suite struct ControlAPITests {
    private func api(
        _ bench: Bench, _ access: ControlAPI.Access = .full
    ) async throws -> ControlAPI {
        let operation = Operation(
            bench.snapshot, plane: bench.plane, keeper: bench.keeper,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await operation.start(
            text: WeightsText.read(bench.snapshot, files: DiskFiles.read))
        return ControlAPI(operation, access: access)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a change answers with the split as it is then`() async throws {
        let bench = try Bench()
        let api = try await api(bench)
        let body = bytes(#"{"weights": {"x": 66.67, "y": 33.33}, "reason": "step 3"}"#)
        let answer = await api.putSplit("kong", body, ifMatch: "\"1\"")
        let split = try JSONReader.read(answer.body)
        #expect(answer.status == 200)
        #expect(split["generation"]?.int == 2)
        #expect(split["weights"]?["x"]?.numberText == "66.67")
        #expect(split["before"]?["y"]?.numberText == "10")
        #expect(split["measured"]?["requests"]?.int == 0)
        #expect(split["source"]?.text == "socket")
        #expect(split["durable"]?.bool == true)
        #expect(split["stable"]?.text == "x" && split["candidate"]?.text == "y")
        let shown = try JSONReader.read(await api.split("kong").body)
        #expect(shown["reason"]?.text == "step 3")
    }

    @Test(arguments: [
        ("kong", #"{"weights": {"x": 33.333, "y": 1}}"#, nil, 400, "`x`: weight \"33.333\""),
        ("kong", #"{"weights": {"x": 1}}"#, nil, 400, "misses its member `y`"),
        ("kong", #"{"weights": {"x": 1, "y": 1e1}}"#, nil, 400, "not a plain decimal number"),
        ("kong", "{", nil, 400, "no JSON"),
        ("kong", #"{"weights": {"x": 1, "y": 1}}"#, "\"7\"", 412, "expected 1"),
        ("kong", #"{"weights": {"x": 1, "y": 1}}"#, "seven", 400, "If-Match"),
        ("kan", #"{"weights": {"x": 1, "y": 1}}"#, nil, 404, "no split \"kan\""),
    ])
    func `a bad change is refused with its field and nothing changes`(
        split: String, body: String, ifMatch: String?, status: Int, reason: String
    ) async throws {
        let bench = try Bench()
        let answer = await (try api(bench)).putSplit(split, bytes(body), ifMatch: ifMatch)
        let error = try JSONReader.read(answer.body)["error"]?.text ?? ""
        #expect(answer.status == status)
        #expect(error.contains(reason), "\(error)")
        #expect(bench.plane.routed == "x=90 y=10")
    }

    @Test func `late workers are named with 202`() async throws {
        let bench = try Bench()
        let api = try await api(bench)
        bench.plane.memory.withLock { $0.pendingWorkers = [1] }
        let answer = await api.rollback("kong", [], ifMatch: nil)
        #expect(answer.status == 202)
        #expect(try JSONReader.read(answer.body)["pending_workers"]?.elements?.count == 1)
    }

    @Test func `the admin address changes nothing`() async throws {
        let bench = try Bench()
        let api = try await api(bench, .readOnly)
        let body = bytes(#"{"weights": {"x": 1, "y": 1}}"#)
        #expect(await api.putSplit("kong", body, ifMatch: nil).status == 403)
        #expect(await api.putSplits(body, ifMatch: nil).status == 403)
        #expect(await api.rollback("kong", [], ifMatch: nil).status == 403)
        #expect(await api.rollbackAll([], ifMatch: nil).status == 403)
        #expect(await api.status().status == 200)
        #expect(bench.plane.routed == "x=90 y=10")
    }

    @Test func `several splits change in one generation`() async throws {
        let bench = try Bench()
        let api = try await api(bench)
        let body = bytes(#"{"kong": {"weights": {"x": 50, "y": 50}}, "reason": "both"}"#)
        let answer = await api.putSplits(body, ifMatch: nil)
        #expect(answer.status == 200)
        let splits = try JSONReader.read(answer.body)["splits"]?.elements
        #expect(splits?.first?["weights"]?["y"]?.int == 50)
        #expect(bench.plane.routed == "x=50 y=50")
        #expect(await api.putSplits(bytes(#"{"reason": "none"}"#), ifMatch: nil).status == 400)
    }

    @Test func `stopping is not ready but healthy`() async throws {
        let bench = try Bench()
        let api = try await api(bench)
        #expect(await api.readiness().status == 200)
        await api.operation.beginStopping()
        #expect(await api.readiness().status == 503)
        #expect(await api.health().status == 200)
    }

    @Test func `a change that the weight file did not take says so, and so does the status`()
        async throws
    {
        let bench = try Bench()
        let api = try await api(bench)
        let file = { () async throws in
            try JSONReader.read(await api.status().body)["weights_file"]
        }
        #expect(try await file()?["written"]?.bool == true)
        try bench.folder.remove("weights.yaml")
        let answer = await api.putSplit(
            "kong", bytes(#"{"weights": {"x": 50, "y": 50}}"#), ifMatch: nil)
        #expect(answer.status == 200)
        let told = try JSONReader.read(answer.body)
        #expect(told["durable"]?.bool == true)
        #expect(told["weights_file"]?["written"]?.bool == false)
        let error = try #require(told["weights_file"]?["error"]?.text)
        #expect(!error.isEmpty)
        #expect(try await file()?["written"]?.bool == false)
        #expect(try await file()?["write_error"]?.text == error)
        // One with faults is not written over either.
        try bench.folder.write("kong: {", to: "weights.yaml")
        await bench.look()
        let again = await api.putSplit(
            "kong", bytes(#"{"weights": {"x": 40, "y": 60}}"#), ifMatch: nil)
        #expect(
            try JSONReader.read(again.body)["weights_file"]?["error"]?.text == "it has faults")
        try bench.folder.write("kong: {x: 30, y: 70}", to: "weights.yaml")
        await bench.look()
        #expect(try await file()?["written"]?.bool == true)
        let last = await api.putSplit(
            "kong", bytes(#"{"weights": {"x": 50, "y": 50}}"#), ifMatch: nil)
        #expect(try JSONReader.read(last.body)["weights_file"] == nil)
        #expect(try bench.folder.read("weights.yaml") == "kong: {x: 50, y: 50}")
    }

    @Test func `the status tells faults of the weight file`() async throws {
        let bench = try Bench()
        let api = try await api(bench)
        try bench.folder.write("kong: {", to: "weights.yaml")
        await bench.look()
        let file = try JSONReader.read(await api.status().body)["weights_file"]
        #expect(file?["valid"]?.bool == false)
        #expect(file?["errors"]?.elements?.first?.text?.contains("weights.yaml:2:1:") == true)
        let page = String(decoding: await api.metrics().body, as: UTF8.self)
        #expect(page.contains("\nsluice_weights_file_valid 0\n"))
        #expect(page.contains("\nsluice_generation 1\n"))
        #expect(page.contains("sluice_split_weight_ratio{split=\"kong\",upstream=\"x\"} 0.9\n"))
    }
}
