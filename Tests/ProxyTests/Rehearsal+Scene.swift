import Testing

extension Rehearsal {
    /// A worker with one target and one client, for a scene of which each step is written down.
    static func withOneTarget() throws -> Rehearsal {
        let stage = try Rehearsal([], Ground())
        stage.isListed = [true, false, false]
        stage.apply()
        stage.connect(0)
        stage.settle()
        return stage
    }
}
