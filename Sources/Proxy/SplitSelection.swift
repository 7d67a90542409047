internal import Bytes
internal import HTTP
internal import Settings
internal import Splitting

/// What a split asks of a request before its sequence is asked: pins, then the sticky key.
struct SplitSelection: ~Copyable {
    let pins: RequestRules
    /// The member of each pin.
    let pinned: Table<Int>
    let keys: RequestKeys
    let secret: StickySecret?
    /// What each member draws by where there are more than two, in their order.
    private let seeds: Table<UInt64>
    /// Of two members, the one that has the positions below its share.
    private let candidate: Int
    /// Whether the client's address decides about anything.
    let asksForClient: Bool
    /// Whether clients are kept at their members.
    var isSticky: Bool { secret != nil }

    /// What is asked of no request.
    init() {
        self.init(
            Blueprint.Split.Selection(sticky: nil, pins: [], members: [], candidate: 0))
    }

    init(_ selection: Blueprint.Split.Selection) {
        pins = RequestRules(selection.pins.map { RequestRule($0.when) })
        pinned = Table(count: selection.pins.count) { selection.pins[$0].member }
        let keys = RequestKeys((selection.sticky?.keys ?? []).map { RequestKeys.Source($0) })
        let secret = selection.sticky?.secret
        seeds = Table(count: selection.members.count) {
            secret?.seed(of: selection.members[$0]) ?? 0
        }
        candidate = selection.candidate
        asksForClient = pins.asksForClient || keys.asksForClient
        self.keys = keys
        self.secret = secret
    }

    /// Whether it asks anything of a request.
    var isNeeded: Bool { !pins.isEmpty || secret != nil }

    /// The member that the request is pinned to, nil for none.
    func pinnedMember(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ origin: RequestOrigin
    ) -> Int? {
        guard let pin = pins.firstMatch(head, bytes, origin) else { return nil }
        return pinned[pin]
    }

    /// The position of the request's client, nil when it has no key.
    func position(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ origin: RequestOrigin
    ) -> UInt64? {
        guard let secret else { return nil }
        switch keys.find(head, bytes, isTrusted: origin.isTrusted) {
        case .nothing: return nil
        case .text(let range): return secret.position(bytes, from: range.start, to: range.end)
        case .client: return secret.position(ofAddress: origin.client.bits)
        }
    }

    /// The member that a position belongs to. Members at 0 and those marked in `passed`, by their
    /// place, get none; -1 when none is left.
    func member(
        at position: UInt64, of members: borrowing Table<MemberState>, passed: UInt64 = 0
    ) -> Int {
        if members.count == 2, passed == 0 {
            let isCandidate = StickyChoice.isCandidate(
                position, candidate: members[candidate].weight,
                stable: members[1 - candidate].weight)
            return isCandidate ? candidate : 1 - candidate
        }
        var contest = Rendezvous(position: position)
        for member in 0..<members.count where passed & 1 << UInt64(member) == 0 {
            contest.enter(member, seed: seeds[member], weight: members[member].weight)
        }
        return contest.winner
    }
}

extension Blueprint.Split {
    /// What the settings ask of requests.
    struct Selection: Sendable {
        struct Pin: Sendable {
            let when: WhenSettings
            /// The place of its upstream among the members.
            let member: Int
        }

        let sticky: StickySettings?
        let pins: [Pin]
        /// The names of the members, in their order.
        let members: [String]
        /// The place of the one that is introduced, of two.
        let candidate: Int
    }
}

extension Blueprint.Split.Selection {
    init(_ split: SplitSettings) {
        sticky = split.sticky
        pins = split.pins.compactMap { pin in
            split.members.firstIndex(of: pin.upstream).map { Pin(when: pin.when, member: $0) }
        }
        members = split.members
        let isCandidate = { (name: String) in
            split.candidate.map { $0 == name } ?? (name != split.stable)
        }
        candidate = split.members.firstIndex(where: isCandidate) ?? 0
    }
}
