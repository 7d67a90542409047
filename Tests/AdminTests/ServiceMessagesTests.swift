import Foundation
import Kernel
import Logging
import Testing

@testable import Admin

/// What a service manager gets to hear, message by message.
struct ServiceMessagesTests {
    /// The manager's end of NOTIFY_SOCKET.
    private final class Mailbox {
        private let descriptor: Int32

        init(path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { memory in
                for (index, byte) in path.utf8.enumerated() { unsafe memory[index] = byte }
            }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(descriptor, $0, size)
                }
            }
            try #require(result == 0, "\(path)")
        }

        deinit { close(descriptor) }

        /// All that waits to be read.
        func messages() -> [String] {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            var messages: [String] = []
            while true {
                let count = unsafe recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                guard count >= 0 else { return messages }
                messages.append(String(decoding: bytes[..<count], as: UTF8.self))
            }
        }
    }

    private func manager(_ path: String, _ log: Lock<[String]>) throws -> ServiceManager {
        let logger = LogLine.logger(
            LogControl(level: .notice) { line in log.withLock { $0.append(line) } })
        return try #require(ServiceManager(["NOTIFY_SOCKET": path], logger: logger))
    }

    @Test func `a status is told when it has changed, in one line, and not behind the end`()
        async throws
    {
        let folder = try TemporaryFolder()
        let mailbox = try Mailbox(path: "\(folder.path)/notify")
        let manager = try manager("\(folder.path)/notify", Lock([]))
        // Before it is ready nothing is shown.
        await manager.show("serving early")
        await manager.reloading()
        await manager.reloaded("serving early")
        await manager.ready("serving a")
        await manager.show("serving a")
        await manager.show("serving b\nREADY=1")
        await manager.show("serving b\nREADY=1")
        #expect(
            mailbox.messages() == ["READY=1\nSTATUS=serving a", "STATUS=serving b READY=1"])

        await manager.stopping(milliseconds: 1_500)
        await manager.show("serving c")
        await manager.reloading()
        await manager.reloaded("serving c")
        let end = "EXTEND_TIMEOUT_USEC=1500000\nSTATUS=stopping: what runs may end"
        #expect(mailbox.messages() == ["STOPPING=1\n\(end)"])
    }

    @Test func `a manager that reads nothing holds nobody up for long, and is told of once`()
        async throws
    {
        let folder = try TemporaryFolder()
        let log = Lock<[String]>([])
        let mailbox = try Mailbox(path: "\(folder.path)/notify")
        let manager = try manager("\(folder.path)/notify", log)
        // The system keeps some messages for it; what it has no room for is given up.
        for number in 0..<2_000 where log.withLock({ $0.isEmpty }) {
            await manager.ready("serving \(number)")
        }
        await manager.feedWatchdog()
        let lines = log.withLock { $0 }
        #expect(lines.count == 1 && lines[0].contains("is not told how this runs"), "\(lines)")
        // It reads again, and hears again.
        #expect(mailbox.messages().first == "READY=1\nSTATUS=serving 0")
        await manager.feedWatchdog()
        #expect(mailbox.messages() == ["WATCHDOG=1"])
    }
}
