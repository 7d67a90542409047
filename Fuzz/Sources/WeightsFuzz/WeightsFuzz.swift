import Settings
import Splitting

private let splits = [
    SplitSettings(
        name: "kong", members: ["x", "y"], weights: weights(9000, 1000), stable: "x",
        candidate: "y"),
    SplitSettings(
        name: "three", members: ["x", "y", "no"], weights: weights(100, 100, 0), stable: "x",
        candidate: nil),
]

private func weights(_ hundredths: UInt32...) -> [Weight] {
    hundredths.compactMap { Weight(hundredths: $0) }
}

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    do throws(SettingsErrors) {
        let document = try WeightsDocument.parse(bytes, file: "weights.yaml", splits: splits)
        checkPatching(document)
    } catch {
        precondition(!error.errors.isEmpty)
    }
    return 0
}

/// Every text that is read can be given other weights.
private func checkPatching(_ document: WeightsDocument) {
    for split in splits {
        let changed = split.weights.map { $0 == weights(0)[0] ? $0 : weights(3725)[0] }
        do throws(WeightsDocument.PatchFault) {
            let patched = try document.patched([split.name: changed])
            precondition(patched.weights[split.name] == changed, "other weights")
        } catch {
            preconditionFailure("cannot be patched: \(error)")
        }
    }
}
