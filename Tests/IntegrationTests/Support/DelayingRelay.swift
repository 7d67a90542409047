import Foundation
import Kernel

/// A path with a delay, since not every kernel can make one: what comes in goes out so much later,
/// as fast as the other side takes it, in both directions.
final class DelayingRelay: Sendable {
    private let front: ScriptedUpstream

    init(to port: UInt16, milliseconds: Int = 25) throws {
        front = try ScriptedUpstream { client, _ in
            let target = try Wire(port: port)
            var there = Direction(client.descriptor, target.descriptor, milliseconds)
            var back = Direction(target.descriptor, client.descriptor, milliseconds)
            while !there.isOver || !back.isOver {
                Self.wait(for: there, back)
                try there.move()
                try back.move()
            }
            // Their descriptors are open until here.
            withExtendedLifetime((client, target)) {}
        }
    }

    /// Where clients find it.
    var port: UInt16 { front.port }

    private static func wait(for one: Direction, _ other: Direction) {
        var interests = [one.interests, other.interests].joined().map {
            pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0)
        }
        let due = min(one.milliseconds, other.milliseconds)
        _ = unsafe poll(&interests, nfds_t(interests.count), due)
    }
}

/// One of the two ways.
private struct Direction {
    private let from: Int32
    private let to: Int32
    private let delay: Int
    private var pieces: ArraySlice<(due: Instant, bytes: Data)> = []
    /// When the end of what comes is to be told.
    private var endDue: Instant?
    private var isFull = false
    private(set) var isOver = false

    /// More pieces than this are not under way at once.
    private static let most = 4_096

    init(_ from: Int32, _ to: Int32, _ delay: Int) {
        (self.from, self.to, self.delay) = (from, to, delay)
    }

    var interests: [(descriptor: Int32, events: Int32)] {
        var all: [(descriptor: Int32, events: Int32)] = []
        if takesMore { all.append((from, POLLIN)) }
        if isFull { all.append((to, POLLOUT)) }
        return all
    }

    private var takesMore: Bool { endDue == nil && pieces.count < Self.most }

    /// How long nothing is due.
    var milliseconds: Int32 {
        guard !isOver, !isFull, let due = pieces.first?.due ?? endDue else { return 1_000 }
        let now = Instant.now()
        return due <= now ? 0 : Int32(clamping: due.since(now) / 1_000_000 + 1)
    }

    mutating func move() throws {
        try takeIn()
        try sendDue()
    }

    private mutating func takeIn() throws {
        while takesMore {
            var bytes = Data(count: 128 * 1024)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe recv(from, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            let due = Instant.now().advanced(byMilliseconds: delay)
            if count > 0 {
                pieces.append((due, bytes.prefix(count)))
            } else {
                endDue = due
            }
        }
    }

    private mutating func sendDue() throws {
        isFull = false
        let now = Instant.now()
        while let piece = pieces.first, piece.due <= now {
            let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
            let count = unsafe piece.bytes.withUnsafeBytes {
                unsafe send(to, $0.baseAddress, $0.count, flags)
            }
            guard count >= 0 else {
                isFull = errno == EAGAIN || errno == EINTR
                if isFull { return }
                // Nobody takes it any more.
                (endDue, pieces) = (now, [])
                break
            }
            if count == piece.bytes.count {
                pieces.removeFirst()
            } else {
                pieces[pieces.startIndex].bytes = piece.bytes.dropFirst(count)
            }
        }
        if pieces.isEmpty, !isOver, let endDue, endDue <= now {
            shutdown(to, Int32(SHUT_WR))
            isOver = true
        }
    }
}
