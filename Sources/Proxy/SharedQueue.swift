internal import Bytes

/// What workers know of each other's exchanges that wait for a place at an upstream's targets.
struct SharedQueue: Sendable {
    /// How many wait in all workers together.
    let count = SharedCounter()
    /// One for each worker, at its number.
    let posts: [QueuePost]

    init(workers: Int) { posts = (0..<workers).map { _ in QueuePost() } }
}

/// What others see of one worker's part of a queue.
struct QueuePost: Sendable {
    /// Since when the first one there waits, in nanoseconds of the clock; 0: none waits.
    let oldest = SharedCounter()
    /// 1 while a message is on its way that tells the worker to look for a place.
    let isCalled = SharedCounter()
}

/// A place at a target on its way from the exchange that had it to one of another worker.
struct PlaceOffer: Sendable {
    /// The ids of the upstream and of the target.
    let upstream: Int
    let target: Int
    /// The counter that it is a part of.
    let places: SharedCounter
}
