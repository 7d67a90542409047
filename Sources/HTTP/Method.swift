/// A request's method; the raw value is its name, packed into a word.
package enum Method: UInt64, Sendable, CaseIterable {
    case get = 0x47_4554
    case head = 0x4845_4144
    case post = 0x504f_5354
    case put = 0x50_5554
    case delete = 0x4445_4c45_5445
    case connect = 0x43_4f4e_4e45_4354
    case options = 0x4f_5054_494f_4e53
    case trace = 0x54_5241_4345
    case patch = 0x50_4154_4348
    /// Any other token: passed on as it is.
    case other = 0

    /// Whether repeating the request has the effect of sending it once (RFC 9110, 9.2.2).
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .other: false
        }
    }
}
