/// Why a target of HTTP/2 did nothing of a request, and says so (RFC 9113 sections 6.8 and 8.7).
///
/// It may be sent again, whatever its method. How often, is a matter of hope.
package enum StreamRefusal: Sendable {
    /// It has refused the stream, or went away without having begun any.
    case refused
    /// It went away after it had begun others on the same connection: those that are sent again
    /// come closer to the front each time.
    case passedOver
    /// It went away for an error, which the same request may have been the reason of.
    case fault

    /// What being sent again for this takes out of `mostPatience`, in units of its own.
    var cost: UInt8 {
        switch self {
        case .refused: 24
        case .passedOver: 1
        case .fault: Self.mostPatience
        }
    }

    /// What a request has to spend: ten refusals, or one fault, or the time that twice as many need
    /// as share a connection where its target serves one at a time.
    static var mostPatience: UInt8 { 240 }
}
