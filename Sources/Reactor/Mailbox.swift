package import Kernel

/// Where the control plane leaves messages for a worker, and other workers leave connections.
///
/// The worker is woken through its epoll; it takes the lock once per batch of messages, never for
/// traffic.
package final class Mailbox<Message: Sendable>: Sendable {
    private let waiting = Lock<[Message]>([])
    /// Raised when the first message of a batch is left; the worker's epoll watches it.
    package let bell: EventCounter

    /// An empty mailbox; fails when descriptors are gone.
    package init() throws(Errno) { bell = try EventCounter() }

    /// Leaves a message; any thread may.
    package func leave(_ message: Message) {
        let isFirst = waiting.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if isFirst { bell.raise() }
    }

    /// Takes all messages, in the order in which they were left.
    package func takeAll() -> [Message] {
        bell.clear()
        return waiting.withLock { messages in
            let taken = messages
            messages = []
            return taken
        }
    }
}
