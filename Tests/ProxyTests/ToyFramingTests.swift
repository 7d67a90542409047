import Proxy
import Testing

/// The exchange knows nothing of HTTP/1: two streams on one connection do not disturb each other.
@Suite
struct ToyFramingTests {
    private static let first: [ToyConnection.Frame] = [
        .requestPart, .requestEnd, .responseHead, .responseEnd,
    ]
    private static let second: [ToyConnection.Frame] = [
        .requestPart, .responseHead, .requestEnd, .reset,
    ]

    @Test
    func `two interleaved streams end as they would alone, in every order of their frames`() {
        for order in Self.orders(of: 4, and: 4) {
            var connection = ToyConnection(streams: 2)
            var frames = [Self.first, Self.second].map { $0[...] }
            for stream in order {
                guard let frame = frames[stream].popFirst() else { continue }
                connection.receive([ToyConnection.byte(stream, frame)])
            }
            #expect(connection.actions[0] == [.sendRequest, .finish])
            #expect(connection.actions[1] == [.sendRequest, .breakDownstream])
            #expect(connection.exchanges.map(\.phase) == [.over, .over])
            #expect(connection.exchanges.map(\.keepsUpstream) == [true, false])
        }
    }

    @Test
    func `a stream that is reset leaves its neighbour alone`() {
        var connection = ToyConnection(streams: 2)
        connection.receive([
            ToyConnection.byte(0, .requestPart), ToyConnection.byte(1, .requestPart),
            ToyConnection.byte(0, .gone), ToyConnection.byte(0, .responseHead),
            ToyConnection.byte(1, .requestEnd), ToyConnection.byte(1, .responseHead),
        ])
        #expect(connection.exchanges.map(\.phase) == [.over, .responding])
        connection.receive([ToyConnection.byte(1, .responseEnd)])
        #expect(connection.actions == [[.sendRequest, .finish], [.sendRequest, .finish]])
    }

    /// All orders in which so many frames of each of two streams can come.
    private static func orders(of first: Int, and second: Int) -> [[Int]] {
        if first == 0 { return [Array(repeating: 1, count: second)] }
        if second == 0 { return [Array(repeating: 0, count: first)] }
        return orders(of: first - 1, and: second).map { [0] + $0 }
            + orders(of: first, and: second - 1).map { [1] + $0 }
    }
}
