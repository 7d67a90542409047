/// The access log's limits, each with its reason.
enum LogLimits {
    /// The size of a block of lines. A line of the largest size must fit into one, and a disk wants
    /// few writes.
    static let blockBytes = 64 * 1024
    /// Blocks that one worker's lines may fill while the disk is slow, 4 MiB: about a third of a
    /// second of all that a worker can serve, hours of a quiet service. Then lines are dropped.
    static let blocksPerWorker = 64
    /// Empty blocks that are kept for the next lines of a worker.
    static let keptBlocks = 4
    /// A line is handed to the writer after so long at the latest.
    static let delayMilliseconds = 250
    /// When no block is left, lines are dropped for so long before the next look for one.
    static let pauseMilliseconds = 10
    /// After a write that failed the next attempt waits so long.
    static let retryMilliseconds: Int64 = 1_000
    /// Writing that has come to nothing for so long counts as stuck.
    static let stuckMilliseconds = 2_000
    /// How long the end of the process waits for the last lines.
    static let endMilliseconds = 2_000

    /// What is kept of the texts that a client sent; a mark tells how many bytes were left out.
    static let pathBytes = 4_096
    static let agentBytes = 1_024
    static let hostBytes = 256
    static let methodBytes = 32
    /// Names of listeners, splits and upstreams.
    static let nameBytes = 256

    /// Blocks for the texts of one request: those of most requests fit into a small one, those of
    /// every request into a large one.
    static let smallTextBytes = 512
    static let largeTextBytes = 8 * 1024
    /// Free ones of each size that a worker keeps.
    static let keptTexts = 256
}
