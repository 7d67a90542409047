import Glibc
import Kernel

/// A moment after which waiting is over.
struct Deadline {
    private let end: Instant

    init(seconds: Double) {
        end = Instant.now().advanced(byMilliseconds: Int(seconds * 1_000))
    }

    var isOver: Bool { Instant.now() >= end }

    /// What is left, for calls that want a timeout.
    var milliseconds: Int32 {
        Int32(clamping: end.since(Instant.now()) / 1_000_000)
    }
}

/// What did not happen in time.
struct TimedOut: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { description = "timed out: \(what)" }
}

/// How long a test waits for what must come: a machine may be slow, and busy elsewhere.
let patience = 60.0

/// Asks again and again until the condition holds; whether it did before the deadline.
func eventually(within seconds: Double = patience, _ condition: () throws -> Bool) rethrows -> Bool
{
    let deadline = Deadline(seconds: seconds)
    while true {
        if try condition() { return true }
        if deadline.isOver { return false }
        waitAMoment()
    }
}

/// Between two looks at a condition.
func waitAMoment() { _ = poll(nil, 0, 2) }
