import Kernel

/// Something that is so from a moment on, for all threads.
final class Flag: Sendable {
    private let state = Lock(false)

    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}

/// A number that threads count up together.
final class Counter: Sendable {
    private let state = Lock(0)

    var value: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
}
