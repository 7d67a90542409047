import Admin
import Foundation
import Logging
import Settings
import Testing

@Suite struct DashboardTests {
    @Test func `the binary has the page's files as they stand in the sources`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/Admin/Dashboard/Page")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(names) == Set(DashboardFile.allCases.map(\.rawValue)))
        for file in DashboardFile.allCases {
            let text = try Data(contentsOf: folder.appending(path: file.rawValue))
            #expect(file.bytes == Array(text), "\(file.rawValue)")
        }
        #expect(Set(DashboardFile.allCases.map(\.path)).count == DashboardFile.allCases.count)
    }

    @Test func `nothing in the page comes from elsewhere or stands inline`() {
        for file in DashboardFile.allCases where file != .icon {
            let text = String(decoding: file.bytes, as: UTF8.self)
            let addresses = text.matches(of: /https?:\/\/[^"'\s]+/).map { String($0.0) }
            #expect(addresses.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(addresses)")
            #expect(!text.contains("innerHTML"), "\(file.rawValue)")
            #expect(!text.contains("eval("), "\(file.rawValue)")
        }
        let page = String(decoding: DashboardFile.index.bytes, as: UTF8.self)
        #expect(page.firstMatch(of: /<script(?![^>]*src=)/) == nil)
        #expect(page.firstMatch(of: /\son[a-z]+=/) == nil)
        #expect(!page.contains("style=") && !page.contains("<style"))
    }

    /// The keys of an object in words.js.
    private func words(_ name: String) throws -> Set<String> {
        let text = String(decoding: DashboardFile.words.bytes, as: UTF8.self)
        let begin = try #require(text.range(of: "const \(name) = {"))
        let rest = text[begin.upperBound...]
        let body = rest[..<(try #require(rest.range(of: "\n};")).lowerBound)]
        return Set(body.matches(of: /(?:^|[,\s])([a-zA-Z0-9_]+): "/).map { String($0.1) })
    }

    @Test func `both languages have the same words`() throws {
        let english = try words("ENGLISH")
        #expect(english.count > 100)
        let odd = english.symmetricDifference(try words("JAPANESE"))
        #expect(odd.isEmpty, "\(odd.sorted())")
    }

    @Test func `what happens in the first second is told`() async throws {
        let bench = try Bench()
        let operation = Operation(
            bench.snapshot, plane: bench.plane, keeper: bench.keeper,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await operation.start(text: WeightsText.read(bench.snapshot, files: DiskFiles.read))
        _ = try await bench.set("50", "50")
        await operation.tick()
        #expect(await operation.dashboard.events.events.map(\.kind) == ["start", "weights"])
        #expect(await operation.dashboard.history.total == 1)
    }

    @Test func `listeners are few, and who leaves makes room`() async throws {
        let dashboard = Dashboard()
        #expect(await !dashboard.isWatched)
        var streams: [AsyncStream<[UInt8]>] = []
        for _ in 0..<Dashboard.mostListeners {
            streams.append(try #require(await dashboard.listen()))
        }
        #expect(await dashboard.listen() == nil)
        #expect(await dashboard.refusedListeners == 1)
        await dashboard.tell([1])
        var first = streams.removeLast().makeAsyncIterator()
        #expect(await first.next() == [1])
        let listening = streams.removeLast()
        let task = Task { for await _ in listening {} }
        task.cancel()
        await task.value
        try await wait("the place is free again") {
            await dashboard.listenerCount < Dashboard.mostListeners
        }
        #expect(await dashboard.listen() != nil)
    }

    @Test func `a listener that takes nothing is dropped`() async throws {
        let dashboard = Dashboard()
        let slow = try #require(await dashboard.listen())
        for number in 0...Dashboard.mostWaiting { await dashboard.tell([UInt8(number)]) }
        #expect(await dashboard.droppedListeners == 1)
        #expect(await !dashboard.isWatched)
        // What waited for it is still there, and then it ends.
        var taken: [UInt8] = []
        for await event in slow { taken += event }
        #expect(taken == (0..<Dashboard.mostWaiting).map { UInt8($0) })
    }
}
