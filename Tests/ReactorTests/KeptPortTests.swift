import Kernel
import Testing

@Suite struct KeptPortTests {
    private static func address(_ port: UInt16 = 0) -> SocketAddress {
        SocketAddress(version4: 0x7f00_0001, port: port)
    }

    /// Whether somebody listens there.
    private static func answers(_ port: KeptPort) -> Bool {
        (try? BlockingSocket.connect(to: address(port.number)).send([1])) != nil
    }

    /// Whether another one gets the port, as servers ask for it.
    private static func isFree(_ number: UInt16) -> Bool {
        (try? ListeningSocket.listen(on: address(number), sharesPort: false)) != nil
    }

    @Test func `it is nobody else's, whether its owner listens or not`() throws {
        let port = try KeptPort(at: Self.address())
        for _ in 1...3 {
            #expect(!Self.isFree(port.number))
            #expect(throws: Errno.addressInUse) { try KeptPort(at: Self.address(port.number)) }
            #expect(!Self.answers(port))
            // A server has a descriptor of its own, and closes it.
            let server = ListeningSocket(owning: try port.share())
            try port.listen(backlog: 16)
            #expect(Self.answers(port))
            switch server.accept() {
            case .connection: break
            default: Issue.record("nobody came")
            }
            _ = consume server
            #expect(!Self.isFree(port.number))
            port.stopListening()
        }
    }

    @Test func `who waits in the queue of a port that closes is reset`() throws {
        let port = try KeptPort(at: Self.address())
        try port.listen(backlog: 16)
        let client = try BlockingSocket.connect(to: Self.address(port.number))
        client.setTimeout(milliseconds: 20_000)
        port.stopListening()
        var nothing: [UInt8] = []
        #expect(throws: Errno.connectionReset) { try client.receive(into: &nothing) }
        try port.listen(backlog: 16)
        #expect(Self.answers(port))
    }

    @Test func `it is given back`() throws {
        var port: KeptPort? = try KeptPort(at: Self.address())
        let number = try #require(port?.number)
        port = nil
        #expect(Self.isFree(number))
    }

    @Test func `no port of an address that is not here is to be had`() {
        // TEST-NET-1, RFC 5737.
        let away = SocketAddress(version4: 0xc000_0201, port: 0)
        #expect(throws: Errno.self) { try KeptPort(at: away) }
    }
}
