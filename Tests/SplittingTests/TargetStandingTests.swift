import Splitting
import Testing

@Suite struct TargetStandingTests {
    typealias Health = TargetStanding.Health

    @Test(
        arguments: [
            (.sound, false, .sound), (.degraded, false, .degraded),
            (.ejected, false, .unusable), (.down, false, .unusable),
            (.sound, true, .drained), (.degraded, true, .drained),
            (.ejected, true, .drained), (.down, true, .drained),
        ] as [(Health, Bool, TargetRank)])
    func `a drained target comes last, whatever its health`(
        health: Health, isDrained: Bool, rank: TargetRank
    ) {
        let standing = TargetStanding(health: health, isDrained: isDrained)
        #expect(standing.rank == rank)
        #expect(standing.isPlain == (rank == .sound))
    }

    @Test func `ranks have their turn, and the first two are usable`() {
        #expect(TargetRank.allCases.sorted() == [.sound, .degraded, .unusable, .drained])
        #expect(TargetRank.allCases.filter(\.isUsable) == [.sound, .degraded])
    }

    @Test func `a target with a part of its weight is not plain`() {
        #expect(!TargetStanding(weightPercent: 99).isPlain)
        #expect(TargetStanding(weightPercent: 99).rank == .sound)
    }

    @Test(
        arguments: [
            ([], true, .drained),
            ([.sound, .sound], true, .sound),
            ([.sound, .degraded], false, .sound),
            ([.degraded, .down], false, .degraded),
            ([.down, .ejected], false, .unusable),
        ] as [([Health], Bool, TargetRank)])
    func `an upstream is as good as its best target`(
        targets: [Health], isPlain: Bool, best: TargetRank
    ) {
        var upstream = UpstreamStanding()
        for health in targets { upstream.add(TargetStanding(health: health)) }
        #expect(upstream.isPlain == isPlain)
        #expect(upstream.best == best)
        #expect(upstream.isUsable == (best <= .degraded))
    }

    @Test func `an upstream whose only usable target is drained is not usable`() {
        var upstream = UpstreamStanding()
        upstream.add(TargetStanding(health: .down))
        upstream.add(TargetStanding(isDrained: true))
        #expect(!upstream.isUsable)
        #expect(upstream.best == .unusable)
    }
}
