import Foundation
import Kernel

/// What went wrong on a connection.
enum WireError: Error, Equatable, CustomStringConvertible {
    case system(String, Int32)
    /// The peer reset the connection.
    case reset
    /// The peer ended it where more was expected.
    case ended(after: String)
    case malformed(String)

    var description: String {
        switch self {
        case .system(let what, let code): "\(what): \(Errno(code: code))"
        case .reset: "the peer reset the connection"
        case .ended(let before): "the peer ended after \(before)"
        case .malformed(let what): "malformed: \(what)"
        }
    }
}

/// A connection on which every byte counts. Each call waits, but not for longer than `patience`.
final class Wire {
    /// How long one call may wait, in seconds.
    private var patience = IntegrationTests.patience
    /// What has arrived and was not taken yet.
    private(set) var received = Data()
    let descriptor: Int32

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
    }

    /// Connects over TCP to a loopback address.
    convenience init(port: UInt16, isIPv6: Bool = false, receiveBytes: Int32? = nil) throws {
        let address = try LoopbackAddress(port: port, isIPv6: isIPv6)
        let descriptor = try address.makeSocket()
        self.init(owning: descriptor)
        if var receiveBytes {
            let size = socklen_t(MemoryLayout<Int32>.size)
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, size)
        }
        try address.connect(descriptor)
    }

    /// Connects to a Unix socket.
    convenience init(path: String) throws {
        let descriptor = try Descriptors.make { socket(AF_UNIX, streamType, 0) }
        self.init(owning: descriptor)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { memory in
            for (index, byte) in path.utf8.enumerated() { unsafe memory[index] = byte }
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw WireError.system("connect \(path)", errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Data(text.utf8)) }

    func send(_ data: Data) throws {
        var sent = 0
        while sent < data.count { sent += try sendSome(data, from: sent) }
    }

    /// Sends what the peer takes until it takes nothing for so long; how much that was.
    func sendUntilFull(_ data: Data, waiting seconds: Double) throws -> Int {
        patience = seconds
        defer { patience = IntegrationTests.patience }
        var sent = 0
        while true {
            do {
                sent += try sendSome(data, from: 0)
            } catch is TimedOut {
                return sent
            }
        }
    }

    private func sendSome(_ data: Data, from start: Int) throws -> Int {
        try wait(for: POLLOUT, what: "sending")
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        let result = unsafe data.withUnsafeBytes { memory -> Int in
            guard let base = memory.baseAddress else { return 0 }
            return unsafe Glibc.send(descriptor, base + start, memory.count - start, flags)
        }
        if result >= 0 { return result }
        if errno == EAGAIN || errno == EINTR { return 0 }
        throw errno == EPIPE || errno == ECONNRESET ? .reset : WireError.system("send", errno)
    }

    /// Waits for more bytes; false at the peer's end.
    func receiveMore(atMost limit: Int = 256 * 1024) throws -> Bool {
        while true {
            try wait(for: POLLIN, what: "receiving; so far: \(preview)")
            var chunk = Data(count: limit)
            let result = unsafe chunk.withUnsafeMutableBytes { memory in
                unsafe recv(
                    descriptor, memory.baseAddress, memory.count, Int32(MSG_DONTWAIT))
            }
            if result < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                throw errno == ECONNRESET ? .reset : WireError.system("receive", errno)
            }
            received.append(chunk.prefix(result))
            return result > 0
        }
    }

    /// Takes what comes up to and with `end`; nil when the peer ends before the first byte.
    func take(through end: String) throws -> Data? {
        let end = Data(end.utf8)
        var searched = received.startIndex
        while true {
            if let range = received.range(of: end, in: searched..<received.endIndex) {
                return take(range.upperBound - received.startIndex)
            }
            searched = max(received.startIndex, received.endIndex - end.count)
            let offset = searched - received.startIndex
            guard try receiveMore() else {
                if received.isEmpty { return nil }
                throw WireError.ended(after: preview)
            }
            searched = received.startIndex + offset
        }
    }

    /// Takes exactly so many bytes.
    func take(exactly count: Int) throws -> Data {
        while received.count < count {
            guard try receiveMore(atMost: min(max(count - received.count, 1), 1 << 20)) else {
                throw WireError.ended(after: "\(received.count) of \(count) bytes")
            }
        }
        return take(count)
    }

    /// Takes everything until the peer ends.
    func takeToEnd() throws -> Data {
        while try receiveMore() {}
        return take(received.count)
    }

    /// Whether the peer ends or resets the connection, and sends nothing more before.
    func isEnded() throws -> Bool {
        do {
            return try !receiveMore() && received.isEmpty
        } catch WireError.reset {
            return received.isEmpty
        }
    }

    /// Whether the connection is open and nothing has arrived.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        let result = unsafe recv(descriptor, &byte, 1, flags)
        return received.isEmpty && result < 0 && errno == EAGAIN
    }

    /// Nothing more will be sent.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the close that follows a reset.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
    }

    private func take(_ count: Int) -> Data {
        let taken = Data(received.prefix(count))
        received = count == received.count ? Data() : Data(received.dropFirst(count))
        return taken
    }

    private func wait(for events: Int32, what: String) throws {
        var interest = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let deadline = Deadline(seconds: patience)
        while true {
            let result = unsafe poll(&interest, 1, deadline.milliseconds)
            if result > 0 { return }
            if result == 0 { throw TimedOut(what) }
            if errno != EINTR { throw WireError.system("poll", errno) }
        }
    }

    private var preview: String {
        String(decoding: received.prefix(200), as: UTF8.self).debugDescription
    }
}

let streamType = Int32(SOCK_STREAM.rawValue)
