internal import Bytes
internal import Kernel
internal import Telemetry

/// Long-lived connections that are to follow the weights: told of, and closed.
extension Worker {
    /// The connections and tunnels of a split that have their target.
    mutating func roster(ofSplit split: Int) -> [RosterLine] {
        var lines: [RosterLine] = []
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].split == split, exchanges[exchange].phase == .tunnelling
            else { continue }
            lines.append(
                RosterLine(
                    upstream: exchanges[exchange].upstream, bond: bond(of: exchange),
                    began: exchanges[exchange].began,
                    token: exchanges.token(at: exchange).rawValue))
        }
        return lines
    }

    /// What a tunnel's request has asked for is not known any more: only its pin is.
    private mutating func bond(of exchange: Int) -> Roster.Entry.Bond {
        if exchanges[exchange].choice == .pin { return .home }
        let split = exchanges[exchange].split
        guard exchanges[exchange].isTCP, splits[split].isSelective,
            let today = selectedMember(ofTCP: exchange)
        else { return .free }
        let lane = splits[split].members[today.member].lane
        return lane == exchanges[exchange].lane ? .home : .away
    }

    /// Closes these, so that their clients connect anew; those that are gone are passed over. The
    /// number of those that were closed.
    mutating func shiftAway(_ tokens: [UInt64]) -> Int {
        var count = 0
        for raw in tokens {
            let token = Token(rawValue: raw)
            guard exchanges.contains(token), exchanges[token.index].phase == .tunnelling else {
                continue
            }
            count += 1
            exchanges[token.index].tcpEnd = .shifted
            noteTrouble(token.index, "shifted")
            perform(exchanges[token.index].handle(.downstreamLate), token.index)
        }
        return count
    }
}
