package import Bytes

/// What an event of epoll is about: a connection, named with its generation, or one of the
/// worker's few long-lived descriptors. Its kind is in the two bits that a `Token` leaves free.
package enum EventSource {
    case connection(Token)
    case listener(index: Int)
    case mailbox
    case alarm

    private static let listenerKind: UInt64 = 1 << 62
    private static let mailboxKind: UInt64 = 2 << 62
    private static let alarmKind: UInt64 = 3 << 62

    /// From epoll's 64 bits.
    @inline(__always)
    package init(rawValue: UInt64) {
        switch rawValue >> 62 {
        case 0: self = .connection(Token(rawValue: rawValue))
        case 1: self = .listener(index: Int(rawValue & ~Self.listenerKind))
        case 2: self = .mailbox
        default: self = .alarm
        }
    }

    /// For epoll's 64 bits.
    package var rawValue: UInt64 {
        switch self {
        case .connection(let token): token.rawValue
        case .listener(let index): Self.listenerKind | UInt64(index)
        case .mailbox: Self.mailboxKind
        case .alarm: Self.alarmKind
        }
    }
}
