/// What a client's connection is counted in. It is noted in the connection itself, so that exactly
/// that is given back when it closes, whatever the limits are by then.
struct Places: OptionSet {
    let rawValue: UInt8

    /// The connections of its listener.
    static let ofListener = Places(rawValue: 1)
    /// The connections that its client has at the listener.
    static let ofClient = Places(rawValue: 2)
    /// Nothing, not even the listener's metrics: it was turned away and is only there to be told.
    static let turnedAway = Places(rawValue: 4)
}
