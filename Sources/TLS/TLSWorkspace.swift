package import Bytes
internal import COpenSSL

/// What sessions work with while they are called; one for each worker, used by one call at a time.
///
/// OpenSSL never writes to a socket itself: what it has to send is gathered in `outgoing`, and its
/// owner sends it, with one call for all records of a piece. So a session never waits for its
/// socket to take something, and there is no call to be repeated with the same bytes.
@safe
package struct TLSWorkspace: ~Copyable {
    /// Records that are to be sent: the caller sends or keeps them after each call.
    package var outgoing: Buffer
    /// What a server gave for the next connection to it; the caller keeps it with the target.
    package var resumption: TLSResumption?
    /// Whether nothing waits any more, neither in the socket nor inside of the session: its next
    /// bytes raise an event.
    package internal(set) var isDrained = false
    /// Whether the last read took less from the socket than it had room for.
    var hasEmptiedSocket = false
    var descriptor: Int32 = -1
    var hasEnded = false
    var error: Int32 = 0
    /// The first byte that the last call took from the socket.
    var firstByte: UInt8 = 0
    var hasReceived = false
    /// The oldest error of OpenSSL's that the last failure came with; 0 for none.
    var errorCode: UInt = 0

    /// `capacity`: room for all records of the largest piece that is sent at once.
    package init(capacity: Int) { outgoing = Buffer(capacity: capacity) }

    mutating func begin(_ descriptor: Int32) {
        self.descriptor = descriptor
        hasEnded = false
        error = 0
        hasReceived = false
        errorCode = 0
    }
}

/// What resumes a session with a server: its ticket, and the keys that go with it.
@safe
package struct TLSResumption: ~Copyable {
    let session: OpaquePointer

    /// Takes over a reference.
    init(owning session: OpaquePointer) { unsafe self.session = session }

    deinit { unsafe SSL_SESSION_free(session) }
}

/// A place for one at a target; empty at first.
package struct TLSResumptionSlot: ~Copyable {
    /// What a session is resumed with.
    package var resumption: TLSResumption?

    package init() {}
}
