internal import Bytes

extension RequestHead {
    /// Leaves out all fields that begin with X-Client-Cert-, in either spelling, when the head
    /// that was parsed last out of `bytes` is passed on: only Sluice tells them.
    package mutating func leaveOutCertificate(_ bytes: Span<UInt8>) {
        fields.removeCertificate(bytes)
    }
}
