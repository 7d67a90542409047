extension ResponseHead {
    /// Leaves out the upstream's own fields named X-Sluice-Upstream when the head that was parsed
    /// last out of `bytes` is passed on.
    package mutating func leaveOutUpstreamName(_ bytes: Span<UInt8>) {
        fields.removeUpstreamName(bytes)
    }
}
