internal import Logging
internal import Settings
internal import Splitting

/// Weights that no disk took when they were set.
extension WeightKeeper {
    /// Tries once more to keep what is kept nowhere, as a full disk has room again some day: a
    /// rollback must not be forgotten by the next start because it came at a bad moment.
    package func keepAgain() async {
        guard hasUnkept, store.hasPlace else { return }
        await takeTurn()
        defer { endTurn() }
        let names = splits.map(\.name).filter { durable[$0] == false }
        let (changes, splits, text) = (weights(of: names), splits, text)
        // An edit that nobody has seen yet is newer.
        let receipt = await disk.run { [store] in
            store.write(changes, splits: splits, expecting: text)
        }
        // A retreat that came meanwhile has a writing of its own, and says itself how it went.
        let unmoved = changes.filter { set[$0.name]?.generation == $0.generation }.map(\.name)
        note(receipt, names: unmoved, isTold: true)
        if receipt.isDurable, !unmoved.isEmpty {
            logger.notice("the weights are kept again: \(unmoved.joined(separator: ", "))")
        }
    }

    private var hasUnkept: Bool { durable.values.contains(false) }
}
