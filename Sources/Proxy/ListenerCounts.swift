internal import Addressing
internal import Bytes
internal import Kernel

/// What a listener's limits of connections count, over all workers: touched when a connection
/// comes or goes, and only where there is a limit.
final class ListenerCounts: Sendable {
    /// The listener's connections.
    let connections = SharedCounter()
    /// Each client's connections.
    let clients = ClientCounts()
}

/// How many connections each client has, over all workers. A client that has none takes no room.
///
/// In shards, each with its lock, so that workers seldom wait for each other.
final class ClientCounts: Sendable {
    private static let shardBits = 4

    private let shards = (0..<1 << shardBits).map { _ in Lock<[UInt128: Int]>([:]) }

    /// Counts one more connection of a client that has fewer than `limit`; false, and not
    /// counted, for any other.
    func take(_ client: IPAddress, below limit: Int) -> Bool {
        let key = Self.key(of: client)
        return shard(of: key).withLock { counts in
            let count = counts[key, default: 0]
            guard count < limit else { return false }
            counts[key] = count + 1
            return true
        }
    }

    /// Counts one more connection of a client, however many it has.
    func add(_ client: IPAddress) { _ = take(client, below: .max) }

    /// Takes away one connection, which was counted.
    func release(_ client: IPAddress) {
        let key = Self.key(of: client)
        shard(of: key).withLock { counts in
            guard let count = counts[key] else { preconditionFailure("never counted") }
            counts[key] = count > 1 ? count - 1 : nil
            // What a crowd of clients made the table grow to is given back.
            if counts.isEmpty { counts = [:] }
        }
    }

    /// How many connections of this client are counted.
    func count(of client: IPAddress) -> Int {
        let key = Self.key(of: client)
        return shard(of: key).withLock { $0[key, default: 0] }
    }

    /// How many clients have any.
    var clientCount: Int { shards.reduce(0) { sum, shard in sum + shard.withLock { $0.count } } }

    /// What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address. One
    /// network, and thus one subscriber, is given at least as many (RFC 4291 section 2.5.4, RFC
    /// 6177), and any machine in it may take as many addresses as it likes, so that a limit for
    /// each single one would be none.
    private static func key(of client: IPAddress) -> UInt128 {
        client.isIPv4 ? client.bits : client.bits & (UInt128.max << 64)
    }

    private func shard(of key: UInt128) -> Lock<[UInt128: Int]> {
        let folded = UInt64(truncatingIfNeeded: key ^ (key >> 64))
        let mixed = folded &* 0x9e37_79b9_7f4a_7c15
        return shards[Int(mixed >> (64 - UInt64(Self.shardBits)))]
    }
}
