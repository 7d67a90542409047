internal import CLinux

extension Socket {
    /// Lets the system find out that the peer has vanished, by a cut cable or a crash, where
    /// nobody waits for anything: the connection then fails with ETIMEDOUT about so many seconds
    /// after the last sign of life (tcp(7)).
    ///
    /// A silent connection is probed after half of the time and then three times (SO_KEEPALIVE,
    /// TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT). While something is unacknowledged no probe goes
    /// out, and it would be sent again and again for a quarter of an hour: TCP_USER_TIMEOUT ends
    /// that. It also ends a connection whose peer answers but leaves no room for data for as long.
    package func findDeadPeer(withinSeconds seconds: Int) {
        precondition((1...86_400).contains(seconds), "a second to a day")
        let whole = Int32(seconds)
        let level = Int32(IPPROTO_TCP)
        _ = sluice_set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        _ = sluice_set_option(descriptor, level, TCP_KEEPIDLE, max(whole / 2, 1))
        _ = sluice_set_option(descriptor, level, TCP_KEEPINTVL, max(whole / 6, 1))
        _ = sluice_set_option(descriptor, level, TCP_KEEPCNT, 3)
        _ = sluice_set_option(descriptor, level, TCP_USER_TIMEOUT, whole * 1_000)
    }
}
