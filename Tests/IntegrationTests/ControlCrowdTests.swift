import Foundation
import Testing

/// The control API while many hold on to its few connections.
@Suite(.ownThreads)
struct ControlCrowdTests {
    enum Place: CaseIterable {
        case socket, address

        func connect(_ sluice: Sluice) throws -> Wire {
            switch self {
            case .socket: try Wire(path: sluice.socket)
            case .address: try Wire(port: sluice.adminPort)
            }
        }
    }

    private static let head = "GET /healthz HTTP/1.1\r\nHost: sluice\r\n"

    /// Whether its connection is over; with what it has sent unread, that is a reset.
    private static func isGone(_ wire: Wire) -> Bool { (try? wire.isEnded()) ?? true }

    @Test(arguments: Place.allCases)
    func `who says nothing or half a head keeps nobody out`(place: Place) throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        var crowd: [Wire] = []
        for _ in 1...300 {
            let silent = try place.connect(sluice)
            let half = try place.connect(sluice)
            try half.send(Self.head)
            crowd += [silent, half]
        }
        for _ in 1...300 {
            let idle = try place.connect(sluice)
            #expect(try idle.exchange(Self.head + "\r\n").status == 200)
            crowd.append(idle)
        }
        #expect(try place.connect(sluice).exchange(Self.head + "\r\n").status == 200)
        // Those who came first are gone, and the last of them still have their connection.
        #expect(Self.isGone(crowd[0]))
        #expect(Self.isGone(crowd[1]))
        #expect(try crowd[899].exchange(Self.head + "\r\n").status == 200)
        #expect(sluice.child?.isRunning == true)
    }

    private static func halfABody(_ sluice: Sluice) throws -> Wire {
        let wire = try Wire(path: sluice.socket)
        // It may have given way to the next one already.
        try? wire.send(
            "PUT /v1/splits/kong HTTP/1.1\r\nHost: sluice\r\nContent-Length: 50\r\n\r\n{")
        return wire
    }

    @Test func `who sends half a body keeps nobody out`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        let crowd = try (1...100).map { _ in try Self.halfABody(sluice) }
        #expect(try sluice.set(x: 30, y: 70).status == 200)
        #expect(Self.isGone(crowd[0]))
        // Nor do more of them put out who has asked and may ask again: others wait longer.
        let asker = try Wire(path: sluice.socket)
        #expect(try asker.exchange(Self.head + "\r\n").status == 200)
        let more = try (1...5).map { _ in try Self.halfABody(sluice) }
        #expect(try sluice.split().weights == ["x": 30, "y": 70])
        #expect(try asker.exchange(Self.head + "\r\n").status == 200)
        #expect(more.count == 5)
    }
}
